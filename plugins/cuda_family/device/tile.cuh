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

    // Where a thread's chunks lie, for operands that are read 16 bytes at a time. From tile to tile
    // only k moves, so that all else is worked out once: index by index it costs as many
    // instructions as the products. K_ALONG: k runs along the lines, else from line to line.
    template <bool K_ALONG> struct Chunks {
        static constexpr int step = THREADS / per_line; // lines from a thread's chunk to its next
        // Otherwise chunks are looked for one by one.
        template <class Line>
        static constexpr bool regular = THREADS % per_line == 0 && count % THREADS == 0 &&
                                        step % Layout::period == 0 && Line::steady(step);

        const T* first; // of the tile that k begins with
        long long line_step, tile_step;
        long long k; // elements, or lines, from the first chunk on
        int lines;   // in bounds, from the first chunk's on
        int bytes;   // of a chunk that are in bounds
        int offset;

        template <class Line, class Along>
        __device__ Chunks(const T* from, long long stride, Line line, Along along) {
            const int l = threadIdx.x / per_line, chunk = threadIdx.x % per_line;
            const int e = chunk * per_chunk;
            offset = Layout::offset(l, chunk);
            first = from + line.at(l) * stride + along.at(e);
            line_step = Line::advance(step) * stride;
            tile_step = K_ALONG ? LENGTH : LINES * stride;
            k = K_ALONG ? along.rest(e) : line.rest(l);
            lines = static_cast<int>(max(0ll, min(static_cast<long long>(LINES), line.rest(l))));
            bytes = along.inside(e, per_chunk) * int(sizeof(T));
        }

        // Copies the chunks of tile number `of` to `tile`.
        template <class Line> __device__ void copy(unsigned char* tile, int of) const {
            const T* source = first + of * tile_step;
            const long long rest = k - of * static_cast<long long>(K_ALONG ? LENGTH : LINES);
            const int left = static_cast<int>(max(0ll, min(static_cast<long long>(LINES + 16), rest)));
            const int inside = K_ALONG ? min(16, left * int(sizeof(T))) : bytes;
            const int last = K_ALONG ? lines : left;
#pragma unroll
            for (int i = 0; i < per_thread; ++i) {
                // Nothing is read of a chunk that lies outside.
                const bool exists = i * Line::advance(step) < last;
                copy_async<16>(tile + offset + i * step * Layout::row_bytes, source,
                               exists ? inside : 0);
                source += line_step;
            }
        }
    };

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
