// Copies of tiles from memory to shared memory by all threads of a block, for gemm kernels.
//
// Macro: THREADS.

// How an operand may be read: 16 bytes at once, 4, or only element by element.
enum Alignment { by_element, by_word, by_chunk };

template <class T>
__device__ inline Alignment alignment_of(const T* data, long long stride, long long step) {
    const unsigned long long all =
        reinterpret_cast<unsigned long long>(data) | stride * sizeof(T) | step * sizeof(T);
    return all % 16 == 0 ? by_chunk : all % 4 == 0 ? by_word : by_element;
}

// A tile of LINES lines, LENGTH elements of each.
template <class T, int LINES, int LENGTH, class Layout> struct Tile {
    static constexpr int per_chunk = 16 / sizeof(T), per_line = LENGTH / per_chunk;
    static constexpr int count = LINES * per_line;
    static constexpr int per_thread = (count + THREADS - 1) / THREADS;

    template <bool UNROLLED, class Line, class Along, class Body>
    __device__ static void for_chunks(const T* from, long long stride, Line line, Along along,
                                      Body body) {
#pragma unroll(UNROLLED ? per_thread : 1)
        for (int i = 0; i < per_thread; ++i) {
            const int index = threadIdx.x + i * THREADS;
            if (count % THREADS != 0 && index >= count) break;
            const int l = index / per_line, chunk = index % per_line, e = chunk * per_chunk;
            const int inside = line.inside(l, 1) ? along.inside(e, per_chunk) : 0;
            // Nothing is read of what lies outside, but addresses stay inside.
            const T* const source = inside > 0 ? from + line.at(l) * stride + along.at(e) : from;
            body(i, source, inside, Layout::offset(l, chunk));
        }
    }

    template <class Line, class Along>
    __device__ static void copy(unsigned char* tile, const T* from, long long stride, Line line,
                                Along along, Alignment alignment) {
        if (alignment == by_chunk) {
            for_chunks<true>(from, stride, line, along,
                             [&](int, const T* source, int inside, int offset) {
                                 copy_async<16>(tile + offset, source, inside * int(sizeof(T)));
                             });
        } else if (alignment == by_word) {
            for_chunks<false>(
                from, stride, line, along, [&](int, const T* source, int inside, int offset) {
                    const int bytes = inside * int(sizeof(T));
#pragma unroll
                    for (int w = 0; w < 4; ++w) {
                        const int rest = max(0, min(4, bytes - w * 4));
                        copy_async<4>(tile + offset + w * 4,
                                      rest > 0 ? source + w * 4 / int(sizeof(T)) : source, rest);
                    }
                });
        } else {
            for_chunks<false>(
                from, stride, line, along, [&](int, const T* source, int inside, int offset) {
                    T* const to = reinterpret_cast<T*>(tile + offset);
#pragma unroll 1
                    for (int j = 0; j < per_chunk; ++j) to[j] = j < inside ? source[j] : T{};
                });
        }
    }

    // Through registers.
    Run<T, per_chunk> runs[per_thread];

    template <class Line, class Along>
    __device__ void fetch(const T* from, long long stride, Line line, Along along,
                          Alignment alignment) {
        for_chunks<true>(from, stride, line, along, [&](int i, const T* source, int inside, int) {
            if (alignment == by_chunk && inside == per_chunk) {
                runs[i] = *reinterpret_cast<const Run<T, per_chunk>*>(source);
                return;
            }
#pragma unroll
            for (int j = 0; j < per_chunk; ++j) runs[i].x[j] = j < inside ? source[j] : T{};
        });
    }
    __device__ void store(unsigned char* tile) const {
#pragma unroll
        for (int i = 0; i < per_thread; ++i) {
            const int index = threadIdx.x + i * THREADS;
            if (count % THREADS != 0 && index >= count) break;
            *reinterpret_cast<Run<T, per_chunk>*>(
                tile + Layout::offset(index / per_line, index % per_line)) = runs[i];
        }
    }
};
