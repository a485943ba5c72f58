// Gemm on the ordinary arithmetic units, for any layout and element type.
//
// A block computes BM x BN of D. Tiles of op(A) (BK x BM) and op(B) (BK x BN) go through registers
// into shared memory, converted to the type of the sums; with BUFFERS = 2 the next ones are fetched
// while the present ones are used. A thread sums TM x TN elements: groups of up to 4 neighbours,
// spread over the tile so that the lanes of a warp, LANES_N of them side by side, read neighbouring
// words.
//
// Macros from the config: BM BN BK TM TN LANES_N BUFFERS VEC PAD MIN_BLOCKS, THREADS, and those of
// gemm.cuh.

constexpr int lanes_m = 32 / LANES_N;
constexpr int group_m = TM < 4 ? TM : 4, group_n = TN < 4 ? TN : 4;
constexpr int threads_m = BM / TM, threads_n = BN / TN;
static_assert(threads_m * threads_n == THREADS && threads_n % LANES_N == 0 &&
              threads_m % lanes_m == 0);

// A tile on its way: LINES lines of memory, LENGTH elements of each, moved VEC at a time.
template <class T, int LINES, int LENGTH> struct Fetched {
    static constexpr int per_line = LENGTH / VEC, count = LINES * per_line;
    static constexpr int per_thread = (count + THREADS - 1) / THREADS;
    Run<T, VEC> runs[per_thread];

    template <class Line, class Along>
    __device__ void fetch(const T* from, long long stride, Line line, Along along, bool aligned) {
#pragma unroll
        for (int i = 0; i < per_thread; ++i) {
            const int index = threadIdx.x + i * THREADS;
            if (count % THREADS != 0 && index >= count) break;
            const int l = index / per_line, e = index % per_line * VEC;
            const int inside = line.inside(l, 1) ? along.inside(e, VEC) : 0;
            const T* const source = from + line.at(l) * stride + along.at(e);
            if (inside == VEC && aligned) {
                runs[i] = *reinterpret_cast<const Run<T, VEC>*>(source);
                continue;
            }
#pragma unroll
            for (int j = 0; j < VEC; ++j) runs[i].x[j] = j < inside ? source[j] : T{};
        }
    }

    // To tile[line][element], or tile[element][line].
    template <bool TURNED, int WIDTH> __device__ void store(Sum (*tile)[WIDTH]) const {
#pragma unroll
        for (int i = 0; i < per_thread; ++i) {
            const int index = threadIdx.x + i * THREADS;
            if (count % THREADS != 0 && index >= count) break;
            const int l = index / per_line, e = index % per_line * VEC;
#pragma unroll
            for (int j = 0; j < VEC; ++j)
                (TURNED ? tile[e + j][l] : tile[l][e + j]) = widen<Sum>(runs[i].x[j]);
        }
    }
};

using FetchedA = Fetched<A_TYPE, A_TRANSPOSED ? BK : BM, A_TRANSPOSED ? BM : BK>;
using FetchedB = Fetched<B_TYPE, B_TRANSPOSED ? BN : BK, B_TRANSPOSED ? BK : BN>;

// Operands of one matrix of the batch and where the block's tiles lie in them.
struct Source {
    const A_TYPE* a;
    const B_TYPE* b;
    long long a_row, b_row, k;
    Axis rows;
    Columns columns;
    bool a_aligned, b_aligned; // runs of VEC elements can be loaded at once

    __device__ Source(const Gemm& gemm, const Place& place)
        : a(gemm.a + place.batch * gemm.a_batch), b(gemm.b + place.batch * gemm.b_batch),
          a_row(gemm.a_row), b_row(gemm.b_row), k(gemm.k),
          rows{static_cast<long long>(place.row) * BM, gemm.m}, columns(place.column, gemm),
          a_aligned(aligned(a, a_row, 0)), b_aligned(aligned(b, b_row, SWIGLU ? gemm.n / 2 : 0)) {}

    template <class T>
    __device__ static bool aligned(const T* data, long long stride, long long step) {
        return reinterpret_cast<unsigned long long>(data) % (sizeof(T) * VEC) == 0 &&
               stride % VEC == 0 && step % VEC == 0;
    }
    __device__ void fetch(int tile, FetchedA& to_a, FetchedB& to_b) const {
        const Axis along_k{static_cast<long long>(tile) * BK, k};
        if constexpr (A_TRANSPOSED)
            to_a.fetch(a, a_row, along_k, rows, a_aligned);
        else
            to_a.fetch(a, a_row, rows, along_k, a_aligned);
        if constexpr (B_TRANSPOSED)
            to_b.fetch(b, b_row, columns, along_k, b_aligned);
        else
            to_b.fetch(b, b_row, along_k, columns, b_aligned);
    }
};

// The thread's elements of a line of a tile.
template <int COUNT, int GROUP_SIZE, int SPACING>
__device__ inline void read_groups(Sum (&to)[COUNT], const Sum* line, int first) {
#pragma unroll
    for (int g = 0; g < COUNT / GROUP_SIZE; ++g) {
        const auto run =
            *reinterpret_cast<const Run<Sum, GROUP_SIZE>*>(line + g * SPACING + first * GROUP_SIZE);
#pragma unroll
        for (int i = 0; i < GROUP_SIZE; ++i) to[g * GROUP_SIZE + i] = run.x[i];
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, MIN_BLOCKS) gemm(GEMM_PARAMETERS) {
    const Gemm gemm = GEMM_ARGUMENTS;
    __shared__ alignas(16) Sum tile_a[BUFFERS][BK][BM + PAD];
    __shared__ alignas(16) Sum tile_b[BUFFERS][BK][BN + PAD];

    const Place place(gemm);
    const Source source(gemm, place);
    const Slice slice(gemm.k, BK, place.slice);

    constexpr int warps_n = threads_n / LANES_N;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int x = warp % warps_n * LANES_N + lane % LANES_N;
    const int y = warp / warps_n * lanes_m + lane / LANES_N;

    Sum sums[TM][TN] = {};
    FetchedA next_a;
    FetchedB next_b;
    const auto keep = [&](int buffer) {
        next_a.store<!A_TRANSPOSED>(tile_a[buffer]);
        next_b.store<B_TRANSPOSED != 0>(tile_b[buffer]);
    };
    if (slice.count > 0) {
        source.fetch(slice.first, next_a, next_b);
        keep(0);
    }
    for (int t = 0; t < slice.count; ++t) {
        __syncthreads();
        const int buffer = BUFFERS == 1 ? 0 : t % BUFFERS;
        const bool more = t + 1 < slice.count;
        if (more) source.fetch(slice.first + t + 1, next_a, next_b);
#pragma unroll
        for (int p = 0; p < BK; ++p) {
            Sum of_a[TM], of_b[TN];
            read_groups<TM, group_m, BM / (TM / group_m)>(of_a, tile_a[buffer][p], y);
            read_groups<TN, group_n, BN / (TN / group_n)>(of_b, tile_b[buffer][p], x);
#pragma unroll
            for (int i = 0; i < TM; ++i)
#pragma unroll
                for (int j = 0; j < TN; ++j) sums[i][j] += of_a[i] * of_b[j];
        }
        if (BUFFERS == 1) __syncthreads();
        if (more) keep(BUFFERS == 1 ? 0 : (t + 1) % BUFFERS);
    }

    // With swiglu the tile's second half of columns belongs to the second half of n, so a thread
    // has both factors: groups g and g + groups / 2.
    constexpr int groups_n = TN / group_n, of_d = SWIGLU ? groups_n / 2 : groups_n;
#pragma unroll
    for (int i = 0; i < TM; ++i) {
        const int tile_row = i / group_m * (BM / (TM / group_m)) + y * group_m + i % group_m;
#pragma unroll
        for (int g = 0; g < of_d; ++g) {
            Sum run[group_n], second[group_n] = {};
#pragma unroll
            for (int j = 0; j < group_n; ++j) {
                run[j] = sums[i][g * group_n + j];
                if (SWIGLU) second[j] = sums[i][(g + groups_n / 2) * group_n + j];
            }
            finish(gemm, place, source.rows.at(tile_row),
                   source.columns.of_d(g * (BN / groups_n) + x * group_n), run, second);
        }
    }
}
