// Gemm on matrix units by ldmatrix and mma.sync.
//
// A block computes BM x BN of D, each of its warps WM x WN. Tiles of op(A) and op(B) lie in shared
// memory as they lie in memory, rows along k or along m and n, with their 16-byte chunks permuted
// against bank conflicts. Either they are copied asynchronously, STAGES - 1 tiles ahead, or through
// registers, one tile ahead (STAGES = 2).
//
// Macros from the config: BM BN BK WM WN STAGES SPLIT GROUP MIN_BLOCKS and
//   ASYNC        1: asynchronous copies
//   TERMS        of how many terms of MMA_A's type an f32 is made: 1 or 2
//   WIDE_STORES  1: sums go through shared memory, so that stores are 16 bytes wide
//   ROUND        1: elements are f32 that are rounded to tf32 here
//   PACK_BF16    1: elements are f32 that are made bf16 here
//   HALF_SUMS    1: sums are f16
//   PROMOTE      1: a tile's products are summed apart and then added in f32: matrix units keep
//                fewer bits of sums of fp8
// THREADS, and those of gemm.cuh, matrix.cuh and tile.cuh.

constexpr int warps_n = BN / WN;
static_assert(BM / WM * warps_n * 32 == THREADS);
constexpr int a_size = sizeof(A_TYPE), b_size = sizeof(B_TYPE);
static_assert(a_size == b_size);
constexpr int element_size = a_size;

// Tiles of 8-bit elements always have rows along k: the others are transposed on the way.
constexpr bool a_along_k = !A_TRANSPOSED || element_size == 1;
constexpr bool b_along_k = B_TRANSPOSED || element_size == 1;
constexpr int a_row_bytes = (a_along_k ? BK : BM) * element_size;
constexpr int b_row_bytes = (b_along_k ? BK : BN) * element_size;
constexpr int a_tile_bytes = BM * BK * element_size, b_tile_bytes = BN * BK * element_size;

template <bool WORDS, int ROW_BYTES> struct LayoutOf {
    using Type = Swizzled<ROW_BYTES>;
};
template <int ROW_BYTES> struct LayoutOf<true, ROW_BYTES> {
    using Type = SwizzledWords<ROW_BYTES>;
};
using LayoutA = LayoutOf<!a_along_k && element_size == 4, a_row_bytes>::Type;
using LayoutB = LayoutOf<!b_along_k && element_size == 4, b_row_bytes>::Type;

// --- copying tiles -------------------------------------------------------------------------------

// A tile of 8-bit elements with lines along m or n, turned on the way so that its rows run along k:
// a thread turns blocks of 4 lines x 16 elements.
template <class T, int LINES, int LENGTH, class Layout> struct TurnedTile {
    static constexpr int per_line = LENGTH / 16, count = LINES / 4 * per_line;
    static constexpr int per_thread = (count + THREADS - 1) / THREADS;
    Run<unsigned, 4> blocks[per_thread][4];

    template <class Line, class Along>
    __device__ void fetch(const T* from, long long stride, Line line, Along along,
                          Alignment alignment) {
#pragma unroll
        for (int i = 0; i < per_thread; ++i) {
            const int index = threadIdx.x + i * THREADS;
            if (count % THREADS != 0 && index >= count) break;
            const int e = index % per_line * 16;
#pragma unroll
            for (int q = 0; q < 4; ++q) {
                const int l = index / per_line * 4 + q;
                const int halves[2] = {line.inside(l, 1) ? along.inside(e, 8) : 0,
                                       line.inside(l, 1) ? along.inside(e + 8, 8) : 0};
                const T* const source = from + line.at(l) * stride;
                if (!SWIGLU && alignment == by_chunk && halves[0] + halves[1] == 16) {
                    blocks[i][q] =
                        *reinterpret_cast<const Run<unsigned, 4>*>(source + along.at(e));
                    continue;
                }
                blocks[i][q] = {};
#pragma unroll
                for (int j = 0; j < 16; ++j)
                    if (j % 8 < halves[j / 8])
                        blocks[i][q].x[j / 4] |=
                            unsigned(reinterpret_cast<const unsigned char&>(
                                source[along.at(e + j / 8 * 8) + j % 8]))
                            << (j % 4 * 8);
            }
        }
    }
    __device__ void store(unsigned char* tile) const {
#pragma unroll
        for (int i = 0; i < per_thread; ++i) {
            const int index = threadIdx.x + i * THREADS;
            if (count % THREADS != 0 && index >= count) break;
            const int row = index % per_line * 16, k = index / per_line * 4;
#pragma unroll
            for (int w = 0; w < 4; ++w) {
                // Bytes of 4 x 4: first pairs of lines, then pairs of pairs.
                const unsigned x0 = blocks[i][0].x[w], x1 = blocks[i][1].x[w];
                const unsigned x2 = blocks[i][2].x[w], x3 = blocks[i][3].x[w];
                const unsigned low01 = __byte_perm(x0, x1, 0x5140);
                const unsigned high01 = __byte_perm(x0, x1, 0x7362);
                const unsigned low23 = __byte_perm(x2, x3, 0x5140);
                const unsigned high23 = __byte_perm(x2, x3, 0x7362);
                const unsigned turned[4] = {
                    __byte_perm(low01, low23, 0x5410), __byte_perm(low01, low23, 0x7632),
                    __byte_perm(high01, high23, 0x5410), __byte_perm(high01, high23, 0x7632)};
#pragma unroll
                for (int j = 0; j < 4; ++j)
                    *reinterpret_cast<unsigned*>(
                        tile + Layout::offset(row + w * 4 + j, k / 16) + k % 16) = turned[j];
            }
        }
    }
};

template <bool TURNED, class T, int LINES, int LENGTH, class Layout> struct TileOf {
    using Type = Tile<T, LINES, LENGTH, Layout>;
};
template <class T, int LINES, int LENGTH, class Layout>
struct TileOf<true, T, LINES, LENGTH, Layout> {
    using Type = TurnedTile<T, LINES, LENGTH, Layout>;
};
using TileA = TileOf<a_along_k && A_TRANSPOSED, A_TYPE, A_TRANSPOSED ? BK : BM,
                     A_TRANSPOSED ? BM : BK, LayoutA>::Type;
using TileB = TileOf<b_along_k && !B_TRANSPOSED, B_TYPE, B_TRANSPOSED ? BN : BK,
                     B_TRANSPOSED ? BK : BN, LayoutB>::Type;

// What the lines of a tile run over.
template <bool OVER_K, class Other> struct LineOf {
    using Type = Other;
};
template <class Other> struct LineOf<true, Other> {
    using Type = Axis;
};

// Operands of one matrix of the batch, and where the block's tiles lie in them.
struct Source {
    const A_TYPE* a;
    const B_TYPE* b;
    long long a_row, b_row, k;
    Axis rows;
    Columns columns;
    Alignment a_alignment, b_alignment;
#if ASYNC
    using LineA = LineOf<A_TRANSPOSED, Axis>::Type;
    using LineB = LineOf<!B_TRANSPOSED, Columns>::Type;
    using ChunksA = TileA::Chunks<!A_TRANSPOSED>;
    using ChunksB = TileB::Chunks<bool(B_TRANSPOSED)>;
    ChunksA a_chunks;
    ChunksB b_chunks;
#endif

    __device__ Source(const Gemm& gemm, const Place& place)
        : a(gemm.a + place.batch * gemm.a_batch), b(gemm.b + place.batch * gemm.b_batch),
          a_row(gemm.a_row), b_row(gemm.b_row), k(gemm.k),
          rows{static_cast<long long>(place.row) * BM, gemm.m}, columns(place.column, gemm),
          a_alignment(alignment_of(a, a_row, 0)),
          b_alignment(alignment_of(b, b_row, SWIGLU && !B_TRANSPOSED ? gemm.n / 2 : 0))
#if ASYNC
          ,
          a_chunks(a, a_row, lines<A_TRANSPOSED>(rows), lines<!A_TRANSPOSED>(rows)),
          b_chunks(b, b_row, lines<!B_TRANSPOSED>(columns), lines<bool(B_TRANSPOSED)>(columns))
#endif
    {
    }

    // The axis of lines, or along them: k where that is what they run over.
    template <bool OVER_K, class Other> __device__ auto lines(Other other) const {
        if constexpr (OVER_K)
            return along_k(0);
        else
            return other;
    }

    __device__ Axis along_k(int tile) const { return {static_cast<long long>(tile) * BK, k}; }

#if ASYNC
    __device__ void copy(int tile, unsigned char* stage) const {
        if (ChunksA::regular<LineA> && a_alignment == by_chunk)
            a_chunks.template copy<LineA>(stage, tile);
        else if constexpr (A_TRANSPOSED)
            TileA::copy(stage, a, a_row, along_k(tile), rows, a_alignment);
        else
            TileA::copy(stage, a, a_row, rows, along_k(tile), a_alignment);
        stage += a_tile_bytes;
        if (ChunksB::regular<LineB> && b_alignment == by_chunk)
            b_chunks.template copy<LineB>(stage, tile);
        else if constexpr (B_TRANSPOSED)
            TileB::copy(stage, b, b_row, columns, along_k(tile), b_alignment);
        else
            TileB::copy(stage, b, b_row, along_k(tile), columns, b_alignment);
    }
#else
    __device__ void fetch(int tile, TileA& to_a, TileB& to_b) const {
        if constexpr (A_TRANSPOSED)
            to_a.fetch(a, a_row, along_k(tile), rows, a_alignment);
        else
            to_a.fetch(a, a_row, rows, along_k(tile), a_alignment);
        if constexpr (B_TRANSPOSED)
            to_b.fetch(b, b_row, columns, along_k(tile), b_alignment);
        else
            to_b.fetch(b, b_row, along_k(tile), columns, b_alignment);
    }
#endif
};

// --- products ------------------------------------------------------------------------------------

template <class Type, bool HALVES> struct AccumulatorOf {
    using Word = Type;
    static constexpr int words = 4;
};
template <class Type> struct AccumulatorOf<Type, true> { // pairs of f16
    using Word = unsigned;
    static constexpr int words = 2;
};
using Accumulator = AccumulatorOf<Sum, HALF_SUMS>;

constexpr int m_fragments = WM / 16, n_fragments = WN / 8;
static_assert(n_fragments % 2 == 0); // loaded two at a time
using Sums = Accumulator::Word[m_fragments][n_fragments][Accumulator::words];

// f32 elements as bf16 take two steps of words for one step of products.
constexpr int words_per_step = PACK_BF16 ? 2 : 1;
constexpr int steps = BK * element_size / (32 * words_per_step);

__device__ inline unsigned rounded_tf32(unsigned x) { return rounded_bits(x, 10) & 0xffffe000; }
__device__ inline unsigned difference(unsigned x, unsigned y) {
    return __float_as_uint(__uint_as_float(x) - __uint_as_float(y));
}

// The terms of one word of a fragment, the largest first.
__device__ inline void split(unsigned (&to)[TERMS], unsigned word) {
    to[0] = ROUND ? rounded_tf32(word) : word;
    if constexpr (TERMS == 2) to[1] = rounded_tf32(difference(word, to[0]));
}
// The same of two words that become two bf16 of one.
__device__ inline void split_packed(unsigned (&to)[TERMS], unsigned low, unsigned high) {
    to[0] = pack_bf16(__uint_as_float(low), __uint_as_float(high));
    if constexpr (TERMS == 2)
        to[1] = pack_bf16(__uint_as_float(difference(low, to[0] << 16)),
                          __uint_as_float(difference(high, to[0] & 0xffff0000)));
}

// Words of 16 rows of A, or of 16 columns of B, at a step of 8 words.
template <class Layout>
__device__ inline void load_words_a(unsigned (&to)[4], const unsigned char* tile, unsigned address,
                                    int row, int step) {
    if constexpr (a_along_k) {
        load_a<Layout>(to, address, row, step);
    } else if constexpr (element_size == 2) {
        load_a_transposed<Layout>(to, address, row, step);
    } else {
        const int lane = threadIdx.x % 32, group = lane / 4, thread = lane % 4;
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int m = row + group + i % 2 * 8, p = step * 8 + thread + i / 2 * 4;
            to[i] = *reinterpret_cast<const unsigned*>(tile + Layout::offset(p, m / 4) + m % 4 * 4);
        }
    }
}
template <class Layout>
__device__ inline void load_words_b(unsigned (&to)[4], const unsigned char* tile, unsigned address,
                                    int column, int step) {
    if constexpr (b_along_k) {
        load_b<Layout>(to, address, column, step);
    } else if constexpr (element_size == 2) {
        load_b_transposed<Layout>(to, address, column, step);
    } else {
        const int lane = threadIdx.x % 32, group = lane / 4, thread = lane % 4;
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int n = column + group + i / 2 * 8, p = step * 8 + thread + i % 2 * 4;
            to[i] = *reinterpret_cast<const unsigned*>(tile + Layout::offset(p, n / 4) + n % 4 * 4);
        }
    }
}

struct FragmentA {
    unsigned words[TERMS][4];

    __device__ void load(const unsigned char* tile, unsigned address, int row, int step) {
        unsigned raw[words_per_step][4];
#pragma unroll
        for (int w = 0; w < words_per_step; ++w)
            load_words_a<LayoutA>(raw[w], tile, address, row, step * words_per_step + w);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            unsigned terms[TERMS];
            if constexpr (PACK_BF16)
                split_packed(terms, raw[i / 2][i % 2], raw[i / 2][i % 2 + 2]);
            else
                split(terms, raw[0][i]);
#pragma unroll
            for (int t = 0; t < TERMS; ++t) words[t][i] = terms[t];
        }
    }
};
// Of two neighbouring groups of 8 columns.
struct FragmentsB {
    unsigned words[TERMS][2][2];

    __device__ void load(const unsigned char* tile, unsigned address, int column, int step) {
        unsigned raw[words_per_step][4];
#pragma unroll
        for (int w = 0; w < words_per_step; ++w)
            load_words_b<LayoutB>(raw[w], tile, address, column, step * words_per_step + w);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            unsigned terms[TERMS];
            if constexpr (PACK_BF16)
                split_packed(terms, raw[i % 2][i / 2 * 2], raw[i % 2][i / 2 * 2 + 1]);
            else
                split(terms, raw[0][i]);
#pragma unroll
            for (int t = 0; t < TERMS; ++t) words[t][i / 2][i % 2] = terms[t];
        }
    }
};

__device__ inline void multiply_tile(Sums& sums, const unsigned char* stage, int row, int column) {
    const unsigned a_address = shared_address(stage), b_address = a_address + a_tile_bytes;
#pragma unroll
    for (int step = 0; step < steps; ++step) {
        FragmentA a[m_fragments];
#pragma unroll
        for (int i = 0; i < m_fragments; ++i) a[i].load(stage, a_address, row + i * 16, step);
#pragma unroll
        for (int j = 0; j < n_fragments; j += 2) {
            FragmentsB b;
            b.load(stage + a_tile_bytes, b_address, column + j * 8, step);
#pragma unroll
            for (int i = 0; i < m_fragments; ++i)
#pragma unroll
                for (int h = 0; h < 2; ++h) {
                    const auto add = [&](int of_a, int of_b) {
                        multiply_add(sums[i][j + h], a[i].words[of_a], b.words[of_b][h][0],
                                     b.words[of_b][h][1]);
                    };
                    // Of two terms, the product of both small ones is below the last bit kept.
                    if constexpr (TERMS == 2) {
                        add(1, 0);
                        add(0, 1);
                    }
                    add(0, 0);
                }
        }
    }
}

// Adds the products of one tile of k to the warp's sums.
__device__ inline void multiply(Sums& sums, const unsigned char* stage, int row, int column) {
#if PROMOTE
    Sums of_tile = {};
    multiply_tile(of_tile, stage, row, column);
#pragma unroll
    for (int i = 0; i < m_fragments; ++i)
#pragma unroll
        for (int j = 0; j < n_fragments; ++j)
#pragma unroll
            for (int q = 0; q < Accumulator::words; ++q) sums[i][j][q] += of_tile[i][j][q];
#else
    multiply_tile(sums, stage, row, column);
#endif
}

// Sum number i (0 to 3) of a fragment.
__device__ inline Sum sum_at(const float (&sums)[4], int i) { return sums[i]; }
__device__ inline Sum sum_at(const int (&sums)[4], int i) { return sums[i]; }
__device__ inline Sum sum_at(const unsigned (&pairs)[2], int i) {
    return to_float(f16{static_cast<unsigned short>(pairs[i / 2] >> i % 2 * 16)});
}

// --- storing -------------------------------------------------------------------------------------

// Straight from the registers that hold the sums: two neighbours at a time.
__device__ inline void store_direct(const Gemm& gemm, const Place& place, const Source& source,
                                    const Sums& sums, int row, int column) {
    const int lane = threadIdx.x % 32, group = lane / 4, thread = lane % 4;
    constexpr int fragments = SWIGLU ? 2 : 1; // side by side, for one of D
#pragma unroll
    for (int i = 0; i < m_fragments; ++i)
#pragma unroll
        for (int half = 0; half < 2; ++half)
#pragma unroll
            for (int j = 0; j < n_fragments; j += fragments) {
                const Sum run[2] = {sum_at(sums[i][j], half * 2), sum_at(sums[i][j], half * 2 + 1)};
                const Sum second[2] = {sum_at(sums[i][j + fragments - 1], half * 2),
                                       sum_at(sums[i][j + fragments - 1], half * 2 + 1)};
                const int tile_column = column + j * 8 + thread * 2;
                finish(gemm, place, source.rows.at(row + i * 16 + half * 8 + group),
                       source.columns.of_d(tile_column), run, second);
            }
}

// Through shared memory, 16 rows of a warp's tile at a time, so that every lane stores 16 bytes and
// a warp whole lines. Tiles of A and B must be done with.
__device__ inline void store_wide(const Gemm& gemm, const Place& place, const Source& source,
                                  const Sums& sums, int row, int column, unsigned char* shared) {
    constexpr int width = WN + 4; // another bank for each row
    constexpr int run_length = sizeof(D_TYPE) >= 4 ? 4 : 8;
    constexpr int stride = SWIGLU ? 2 * 8 : run_length; // columns of op(B) from run to run
    constexpr int per_row = SWIGLU ? WN / 16 * (8 / run_length) : WN / run_length;
    const int lane = threadIdx.x % 32, group = lane / 4, thread = lane % 4;
    Sum* const rows = reinterpret_cast<Sum*>(shared) + threadIdx.x / 32 * 16 * width;
#pragma unroll
    for (int i = 0; i < m_fragments; ++i) {
        if (i > 0) __syncwarp(); // the rows before have been read
#pragma unroll
        for (int j = 0; j < n_fragments; ++j)
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const Run<Sum, 2> pair{sum_at(sums[i][j], half * 2),
                                       sum_at(sums[i][j], half * 2 + 1)};
                *reinterpret_cast<Run<Sum, 2>*>(rows + (half * 8 + group) * width + j * 8 +
                                                thread * 2) = pair;
            }
        __syncwarp();
#pragma unroll
        for (int index = lane; index < 16 * per_row; index += 32) {
            const int r = index / per_row, c = index % per_row;
            const int from = SWIGLU ? c * run_length / 8 * stride + c * run_length % 8
                                    : c * run_length;
            Sum run[run_length], second[run_length];
#pragma unroll
            for (int q = 0; q < run_length; ++q) {
                run[q] = rows[r * width + from + q];
                second[q] = SWIGLU ? rows[r * width + from + 8 + q] : run[q];
            }
            finish(gemm, place, source.rows.at(row + i * 16 + r),
                   source.columns.of_d(column + from), run, second);
        }
    }
}

// --- the kernel ----------------------------------------------------------------------------------

extern "C" __global__ void __launch_bounds__(THREADS, MIN_BLOCKS) gemm(GEMM_PARAMETERS) {
    const Gemm gemm = GEMM_ARGUMENTS;
    extern __shared__ __align__(128) unsigned char shared[];
    constexpr int stage_bytes = a_tile_bytes + b_tile_bytes;

    const Place place(gemm);
    const Source source(gemm, place);
    const Slice slice(gemm.k, BK, place.slice);
    const int warp = threadIdx.x / 32;
    const int row = warp / warps_n * WM, column = warp % warps_n * WN; // of the warp, in the tile
    Sums sums = {};

#if ASYNC
#pragma unroll 1
    for (int t = 0; t < STAGES - 1; ++t) {
        if (t < slice.count) source.copy(slice.first + t, shared + t * stage_bytes);
        commit_copies();
    }
    int used = 0, filled = STAGES - 1; // stages
    for (int t = 0; t < slice.count; ++t) {
        wait_copies<STAGES - 2>(); // tile t has come
        __syncthreads();           // for everybody, and nobody reads the stage filled next
        if (t + STAGES - 1 < slice.count)
            source.copy(slice.first + t + STAGES - 1, shared + filled * stage_bytes);
        commit_copies(); // also when empty: groups are counted
        multiply(sums, shared + used * stage_bytes, row, column);
        used = used + 1 == STAGES ? 0 : used + 1;
        filled = filled + 1 == STAGES ? 0 : filled + 1;
    }
#else
    TileA next_a;
    TileB next_b;
    const auto keep = [&](int stage) {
        next_a.store(shared + stage * stage_bytes);
        next_b.store(shared + stage * stage_bytes + a_tile_bytes);
    };
    if (slice.count > 0) {
        source.fetch(slice.first, next_a, next_b);
        keep(0);
    }
    for (int t = 0; t < slice.count; ++t) {
        __syncthreads();
        if (t + 1 < slice.count) source.fetch(slice.first + t + 1, next_a, next_b);
        multiply(sums, shared + t % 2 * stage_bytes, row, column);
        if (t + 1 < slice.count) keep((t + 1) % 2);
    }
#endif

#if WIDE_STORES
    __syncthreads();
    store_wide(gemm, place, source, sums, row, column, shared);
#else
    store_direct(gemm, place, source, sums, row, column);
#endif
}
