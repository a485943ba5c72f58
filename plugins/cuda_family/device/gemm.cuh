// What all gemm kernels share: arguments, tile order, the way from a sum to an element of D, and
// the reduction step of split k.
//
//   D = epilogue(alpha op(A) op(B) + beta C), row-major; D += ... with ACCUMULATE
//
// Extents and strides are run-time arguments, so one compiled kernel serves every shape.
//
// Macros (from the problem):
//   A_TYPE B_TYPE C_TYPE D_TYPE     element types
//   SUM_TYPE                        float, double or int: sums of products
//   REAL_TYPE                       float, double or int: what follows the sum
//   SCALE_TYPE                      of alpha and beta
//   A_TRANSPOSED B_TRANSPOSED HAS_ALPHA HAS_C ACCUMULATE SWIGLU
//   BEFORE(x) AFTER(x)              epilogue steps before and after swiglu; BEFORE alone without it
// and from the config: BM BN THREADS SPLIT GROUP, PAIR_GRANULE with SWIGLU.

#define GEMM_PARAMETERS                                                                            \
    const A_TYPE *a_, const B_TYPE *b_, const C_TYPE *c_, const D_TYPE *bias_,                     \
        const D_TYPE *residual_, D_TYPE *d_, SUM_TYPE *partial_, long long m_, long long n_,       \
        long long k_, long long batch_, long long a_row, long long a_batch, long long b_row,       \
        long long b_batch, long long c_row, long long c_batch, long long residual_row,             \
        long long residual_batch, long long d_row, long long d_batch, SCALE_TYPE alpha_,           \
        SCALE_TYPE beta_
#define GEMM_ARGUMENTS                                                                             \
    {a_,           b_,             c_,    bias_,   residual_, d_,      partial_, m_,      n_,      \
     k_,           batch_,         a_row, a_batch, b_row,     b_batch, c_row,    c_batch,          \
     residual_row, residual_batch, d_row, d_batch, alpha_,    beta_}

using Sum = SUM_TYPE;
using Real = REAL_TYPE;

// Strides are in elements: from row to row, and from one matrix of the batch to the next.
struct Gemm {
    const A_TYPE* a;
    const B_TYPE* b;
    const C_TYPE* c;
    const D_TYPE *bias, *residual;
    D_TYPE* d;
    Sum* partial; // SPLIT x batch x m x n
    long long m, n, k, batches;
    long long a_row, a_batch, b_row, b_batch, c_row, c_batch, residual_row, residual_batch, d_row,
        d_batch;
    SCALE_TYPE alpha, beta;

    __device__ long long d_columns() const { return SWIGLU ? n / 2 : n; }
};

// Which tile of D, which matrix of the batch and which part of k a block works on. Blocks that run
// at the same time share columns of tiles: GROUP rows of tiles are gone through column by column.
struct Place {
    unsigned row, column; // of tiles
    unsigned slice;       // of k, 0 to SPLIT - 1
    unsigned batch;

    __device__ explicit Place(const Gemm& gemm) {
        const unsigned rows = static_cast<unsigned>((gemm.m + BM - 1) / BM);
        const unsigned columns = static_cast<unsigned>((gemm.n + BN - 1) / BN);
        const unsigned tile = blockIdx.x % (rows * columns), rest = blockIdx.x / (rows * columns);
        slice = rest % SPLIT;
        batch = rest / SPLIT;
        const unsigned band = tile / (GROUP * columns), inside = tile % (GROUP * columns);
        const unsigned height = min(rows - band * GROUP, unsigned(GROUP));
        row = band * GROUP + inside % height;
        column = inside / height;
    }
};

// Tiles of k, `bk` long each, that a slice sums: as even as can be.
struct Slice {
    int first, count;

    __device__ Slice(long long k, int bk, unsigned slice) {
        const int all = static_cast<int>((k + bk - 1) / bk);
        const int each = (all + SPLIT - 1) / SPLIT;
        first = min(all, static_cast<int>(slice) * each);
        count = min(all, first + each) - first;
    }
};

// Indices of a tile along rows of op(A), columns of op(B), or k.
struct Axis {
    long long first, extent;

    __device__ long long at(int i) const { return first + i; }
    // How many of the `count` indices from i on exist.
    __device__ int inside(int i, int count) const {
        return static_cast<int>(max(0ll, min(static_cast<long long>(count), extent - at(i))));
    }
    // How many exist from i on; negative outside.
    __device__ long long rest(int i) const { return extent - at(i); }
    // Steps from index to index that are the same everywhere, and how far they lead.
    __device__ static constexpr bool steady(int) { return true; }
    __device__ static constexpr int advance(int step) { return step; }
};

// Columns of op(B) under swiglu: runs of PAIR_GRANULE columns of n's first half, each followed by
// the columns of the second half that they are multiplied with.
#if SWIGLU
struct Columns {
    long long first, half; // first column of D, columns of D

    __device__ Columns(unsigned tile, const Gemm& gemm)
        : first(tile * (BN / 2ll)), half(gemm.n / 2) {}
    __device__ long long of_d(int i) const {
        return first + i / (2 * PAIR_GRANULE) * PAIR_GRANULE + i % PAIR_GRANULE;
    }
    __device__ long long at(int i) const { return of_d(i) + i / PAIR_GRANULE % 2 * half; }
    __device__ int inside(int i, int count) const {
        return static_cast<int>(max(0ll, min(static_cast<long long>(count), half - of_d(i))));
    }
    __device__ long long rest(int i) const { return half - of_d(i); }
    // Over whole pairs of runs.
    __device__ static constexpr bool steady(int step) { return step % (2 * PAIR_GRANULE) == 0; }
    __device__ static constexpr int advance(int step) { return step / 2; }
};
#else
struct Columns : Axis {
    __device__ Columns(unsigned tile, const Gemm& gemm)
        : Axis{static_cast<long long>(tile) * BN, gemm.n} {}
    __device__ long long of_d(int i) const { return at(i); }
};
#endif

// --- from sums to D ------------------------------------------------------------------------------

__device__ inline Real relu(Real x) { return x > 0 ? x : 0; }
// Templates, so that only what is called is compiled: functions of doubles bring tables along.
template <class R> __device__ inline R silu(R x) { return x / (1 + exp(-x)); }
template <class R> __device__ inline R gelu(R x) {
    return x / 2 * (1 + erf(x * static_cast<R>(0.70710678118654752)));
}
// Hendrycks, Gimpel, Gaussian Error Linear Units, 2016, section 2.
template <class R> __device__ inline R gelu_tanh(R x) {
    constexpr R root = 0.79788456080286536; // of 2 / pi
    return x / 2 * (1 + tanh(root * (x + static_cast<R>(0.044715) * x * x * x)));
}

// A place in D, or in op(A) op(B), where its column may lie in the second half of n.
struct Element {
    const Gemm& gemm;
    unsigned batch;
    long long row, column;

    __device__ Real add_bias(Real x) const { return x + widen<Real>(gemm.bias[column]); }
    __device__ Real add_residual(Real x) const {
        return x + widen<Real>(gemm.residual[batch * gemm.residual_batch +
                                             row * gemm.residual_row + column]);
    }
    // Everything up to swiglu.
    __device__ Real before(Sum sum) const {
        Real x = static_cast<Real>(sum);
#if HAS_ALPHA
        x *= static_cast<Real>(gemm.alpha);
#endif
#if HAS_C
        x += static_cast<Real>(gemm.beta) *
             widen<Real>(gemm.c[batch * gemm.c_batch + row * gemm.c_row + column]);
#endif
#if ACCUMULATE
        x += widen<Real>(gemm.d[batch * gemm.d_batch + row * gemm.d_row + column]);
#endif
        return BEFORE(x);
    }
#if SWIGLU
    __device__ Real after(Real gate, Real linear) const {
        const Real x = silu(gate) * linear;
        return AFTER(x);
    }
#endif
};

// Stores up to N neighbouring elements of one row of D, all that lie inside.
template <int N>
__device__ inline void store_run(const Gemm& gemm, unsigned batch, long long row, long long column,
                                 const Real (&x)[N]) {
    D_TYPE* const to = gemm.d + batch * gemm.d_batch + row * gemm.d_row + column;
    Run<D_TYPE, N> run;
#pragma unroll
    for (int i = 0; i < N; ++i) narrow(run.x[i], x[i]);
    if (column + N <= gemm.d_columns() &&
        reinterpret_cast<unsigned long long>(to) % sizeof(run) == 0) {
        *reinterpret_cast<Run<D_TYPE, N>*>(to) = run;
        return;
    }
#pragma unroll
    for (int i = 0; i < N; ++i)
        if (column + i < gemm.d_columns()) to[i] = run.x[i];
}

// Sums of N neighbouring columns, with those of the second half under swiglu, become elements of D.
// `column` is D's. With SPLIT they go to the workspace instead.
template <int N>
__device__ inline void finish(const Gemm& gemm, const Place& place, long long row, long long column,
                              const Sum (&sums)[N], const Sum (&linear)[N]) {
    if (row >= gemm.m) return;
#if SPLIT > 1
    Sum* const to = gemm.partial +
                    ((place.slice * gemm.batches + place.batch) * gemm.m + row) * gemm.n + column;
#pragma unroll
    for (int i = 0; i < N; ++i) {
        if (column + i >= gemm.d_columns()) continue;
        to[i] = sums[i];
        if (SWIGLU) to[i + gemm.d_columns()] = linear[i];
    }
#else
    Real x[N];
#pragma unroll
    for (int i = 0; i < N; ++i) {
        x[i] = 0;
        if (column + i >= gemm.d_columns()) continue;
        const Element element{gemm, place.batch, row, column + i};
        x[i] = element.before(sums[i]);
#if SWIGLU
        const Element second{gemm, place.batch, row, column + i + gemm.d_columns()};
        x[i] = element.after(x[i], second.before(linear[i]));
#endif
    }
    store_run(gemm, place.batch, row, column, x);
#endif
}

#if SPLIT > 1
// Adds the slices up in their order: 256 columns of D per block, rows of all matrices in turn.
extern "C" __global__ void __launch_bounds__(256) gemm_reduce(GEMM_PARAMETERS) {
    const Gemm gemm = GEMM_ARGUMENTS;
    const unsigned blocks = static_cast<unsigned>((gemm.d_columns() + 255) / 256);
    const long long column = blockIdx.x % blocks * 256ll + threadIdx.x;
    if (column >= gemm.d_columns()) return;
    const long long row = blockIdx.x / blocks; // of batch x m
    const long long slice = gemm.batches * gemm.m * gemm.n;
    const Sum* const from = gemm.partial + row * gemm.n + column;
    Sum sum = 0, linear = 0;
    for (int i = 0; i < SPLIT; ++i) {
        sum += from[i * slice];
        if (SWIGLU) linear += from[i * slice + gemm.d_columns()];
    }
    const Element element{gemm, static_cast<unsigned>(row / gemm.m), row % gemm.m, column};
    Real x[1] = {element.before(sum)};
#if SWIGLU
    const Element second{gemm, element.batch, element.row, column + gemm.d_columns()};
    x[0] = element.after(x[0], second.before(linear));
#endif
    store_run(gemm, element.batch, element.row, column, x);
}
#endif
