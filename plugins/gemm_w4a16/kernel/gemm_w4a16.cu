// Gemm of 16-bit activations with 4-bit weights, layout nt, on matrix units.
//
//   D = epilogue(A (B scale)^T), B: n x k in 4 bits, two to a byte, the even one of k low;
//   scale: one of A's type for each column of D and QUANT_GROUP steps of k
//
// Weights travel as they are and become 16-bit elements in registers. A sum over k may be taken in
// any order, so a thread takes the 8 weights of one 32-bit word, and of A's rows the 8 elements that
// go with them: words of a step of 32 along k hold k = 8 thread to 8 thread + 7.
//
// Macros from the config: BM BN BK WM WN STAGES SPLIT GROUP MIN_BLOCKS, THREADS; QUANT_GROUP (0: one
// scale for all of k) and IS_BF16; and those of gemm.cuh and matrix.cuh.

constexpr int warps_n = BN / WN;
static_assert(BM / WM * warps_n * 32 == THREADS && BK % 32 == 0);

// Rows of A lie 4 chunks of 16 bytes apart modulo 8, so that the 4 chunks that 4 threads read of 2
// rows lie in different banks; rows of B lie an odd number of chunks apart, for 8 rows of one chunk.
struct LayoutA {
    static constexpr int stride = BK * 2 % 128 == 0 ? BK * 2 + 64 : BK * 2;
    __device__ static int offset(int row, int chunk) { return row * stride + chunk * 16; }
};
struct LayoutB {
    static constexpr int stride = (BK / 32 | 1) * 16;
    __device__ static int offset(int row, int chunk) { return row * stride + chunk * 16; }
};
constexpr int a_bytes = BM * LayoutA::stride, b_bytes = BN * LayoutB::stride;
constexpr int stage_bytes = a_bytes + b_bytes;

using TileA = Tile<A_TYPE, BM, BK, LayoutA>;
using TileB = Tile<B_TYPE, BN, BK / 2, LayoutB>; // of pairs

constexpr int m_fragments = WM / 16, n_fragments = WN / 8;
using Sums = float[m_fragments][n_fragments][4];

// Two 16-bit elements of a word: x * y + z.
__device__ inline unsigned multiply_add_pairs(unsigned x, unsigned y, unsigned z) {
    unsigned result;
#if IS_BF16
    asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(result) : "r"(x), "r"(y), "r"(z));
#else
    asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(result) : "r"(x), "r"(y), "r"(z));
#endif
    return result;
}

// The pair of weights in the low byte, times a scale. An unsigned nibble u behind the significand's
// leading one is base + u; of a signed one, u = q + 8 after its sign bit is turned over.
__device__ inline unsigned weights(unsigned byte, unsigned scale) {
    const unsigned nibbles = (byte & 0xf) | (byte & 0xf0) << 12;
    // base = 1024 in f16, 128 in bf16; then 1, -(base + 8) and -0.
    constexpr unsigned base = IS_BF16 ? 0x43004300 : 0x64006400;
    constexpr unsigned one = IS_BF16 ? 0x3f803f80 : 0x3c003c00;
    constexpr unsigned offset = IS_BF16 ? 0xc308c308 : 0xe408e408;
    const unsigned exact = multiply_add_pairs((nibbles ^ 0x00080008) | base, one, offset);
    return multiply_add_pairs(exact, scale, 0x80008000);
}

// Scales of the thread's columns, each in both halves of a word.
struct Scales {
    unsigned pairs[n_fragments];

    __device__ void load(const A_TYPE* of_group, const Columns& columns, int column) {
        const int group = threadIdx.x % 32 / 4;
#pragma unroll
        for (int j = 0; j < n_fragments; ++j) {
            const int c = column + j * 8 + group;
            pairs[j] = columns.inside(c, 1) ? of_group[columns.at(c)].bits * 0x10001u : 0;
        }
    }
};

// Adds the products of a step of 32 along k.
__device__ inline void multiply(Sums& sums, const unsigned char* stage, const Scales& scales,
                                int row, int column, int step) {
    const int lane = threadIdx.x % 32, group = lane / 4, thread = lane % 4;
    unsigned a[m_fragments][2][4]; // of two products along k
#pragma unroll
    for (int i = 0; i < m_fragments; ++i)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const auto words = *reinterpret_cast<const Run<unsigned, 4>*>(
                stage + LayoutA::offset(row + i * 16 + half * 8 + group, step * 4 + thread));
#pragma unroll
            for (int w = 0; w < 4; ++w) a[i][w / 2][w % 2 * 2 + half] = words.x[w];
        }
#pragma unroll
    for (int j = 0; j < n_fragments; ++j) {
        const unsigned word = *reinterpret_cast<const unsigned*>(
            stage + a_bytes + LayoutB::offset(column + j * 8 + group, step) + thread * 4);
#pragma unroll
        for (int product = 0; product < 2; ++product) {
            const unsigned b0 = weights(word >> product * 16, scales.pairs[j]);
            const unsigned b1 = weights(word >> (product * 16 + 8), scales.pairs[j]);
#pragma unroll
            for (int i = 0; i < m_fragments; ++i) multiply_add(sums[i][j], a[i][product], b0, b1);
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, MIN_BLOCKS)
    gemm(GEMM_PARAMETERS, const A_TYPE* scales_, long long scales_group, long long scales_batch) {
    const Gemm gemm = GEMM_ARGUMENTS;
    extern __shared__ __align__(128) unsigned char shared[];

    const Place place(gemm);
    const Slice slice(gemm.k, BK, place.slice);
    const Axis rows{static_cast<long long>(place.row) * BM, gemm.m};
    const Columns columns(place.column, gemm);
    const A_TYPE* const a = gemm.a + place.batch * gemm.a_batch;
    // Strides of B count elements, two to a byte.
    const B_TYPE* const b = gemm.b + place.batch * gemm.b_batch / 2;
    const Alignment a_alignment = alignment_of(a, gemm.a_row, 0);
    const Alignment b_alignment = alignment_of(b, gemm.b_row / 2, 0);
    const auto copy = [&](int tile, unsigned char* stage) {
        const Axis along_k{static_cast<long long>(tile) * BK, gemm.k};
        const Axis along_pairs{static_cast<long long>(tile) * (BK / 2), gemm.k / 2};
        TileA::copy(stage, a, gemm.a_row, rows, along_k, a_alignment);
        TileB::copy(stage + a_bytes, b, gemm.b_row / 2, columns, along_pairs, b_alignment);
    };

    const int warp = threadIdx.x / 32;
    const int row = warp / warps_n * WM, column = warp % warps_n * WN; // of the warp, in the tile
    Sums sums = {};
    Scales scales;
    const A_TYPE* const scales_of_batch = scales_ + place.batch * scales_batch;
    long long loaded = -1; // group of the scales

#pragma unroll 1
    for (int t = 0; t < STAGES - 1; ++t) {
        if (t < slice.count) copy(slice.first + t, shared + t * stage_bytes);
        commit_copies();
    }
    int used = 0, filled = STAGES - 1; // stages
    for (int t = 0; t < slice.count; ++t) {
        wait_copies<STAGES - 2>(); // tile t has come
        __syncthreads();           // for everybody, and nobody reads the stage filled next
        if (t + STAGES - 1 < slice.count)
            copy(slice.first + t + STAGES - 1, shared + filled * stage_bytes);
        commit_copies(); // also when empty: groups are counted
#pragma unroll
        for (int step = 0; step < BK / 32; ++step) {
            const long long k = (slice.first + t) * static_cast<long long>(BK) + step * 32;
            const long long group = QUANT_GROUP > 0 ? k / max(1, QUANT_GROUP) : 0;
            if (group != loaded && k < gemm.k) {
                scales.load(scales_of_batch + group * scales_group, columns, column);
                loaded = group;
            }
            multiply(sums, shared + used * stage_bytes, scales, row, column, step);
        }
        used = used + 1 == STAGES ? 0 : used + 1;
        filled = filled + 1 == STAGES ? 0 : filled + 1;
    }

    const int lane = threadIdx.x % 32;
    constexpr int fragments = SWIGLU ? 2 : 1; // side by side, for one of D
#pragma unroll
    for (int i = 0; i < m_fragments; ++i)
#pragma unroll
        for (int half = 0; half < 2; ++half)
#pragma unroll
            for (int j = 0; j < n_fragments; j += fragments) {
                const Sum run[2] = {sums[i][j][half * 2], sums[i][j][half * 2 + 1]};
                const Sum second[2] = {sums[i][j + fragments - 1][half * 2],
                                       sums[i][j + fragments - 1][half * 2 + 1]};
                finish(gemm, place, rows.at(row + i * 16 + half * 8 + lane / 4),
                       columns.of_d(column + j * 8 + lane % 4 * 2), run, second);
            }
}
