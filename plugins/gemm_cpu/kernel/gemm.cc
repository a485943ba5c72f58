// D = epilogue(alpha op(A) op(B) + beta C), row-major: the operands and what all loops share.
//
// A_TYPE, B_TYPE, C_TYPE, D_TYPE: f32, bf16 or f16, or all f64; B_TYPE may be s8. HAS_C: there is a C. ACCUMULATE: D is added to.
// GROUP: whole numbers of B have scales of type S_TYPE, one per column and that many elements of k (0:
// one per column, or none). SCALE_SUMS: sums of a group are multiplied by them.
// HAS_ALPHA: alpha is not 1.
// M_FROM, M_TO: rows this kernel is for; with more or fewer it does nothing.
// D_IN_WORKSPACE: D is a packed matrix there, for another kernel.
// D_IS_SUM: partial sums over k are kept in D itself, else in the workspace.

struct hone_cpu_item {
    int index, count;
    void* barrier;
    void (*wait)(void* barrier);
};

// In the order of the program's arguments.
struct Gemm {
    const A_TYPE* a;
    const B_TYPE* b;
    const C_TYPE* c;
    const D_TYPE* bias;
    const D_TYPE* residual;
    const S_TYPE* scale;
    D_TYPE* d;
    char* workspace;
    Int m, n, k, batch;
    Int a_row, a_batch, b_row, b_batch, c_row, c_batch, residual_row, residual_batch;
    Int scale_row, scale_batch, d_row, d_batch;
    Sum alpha, beta;
};

INLINE Gemm read(void* const* args) {
    Gemm g;
    int i = 0;
#define ARG(name) g.name = *(decltype(g.name)*)args[i++]
    ARG(a); ARG(b); ARG(c); ARG(bias); ARG(residual); ARG(scale); ARG(d); ARG(workspace);
    ARG(m); ARG(n); ARG(k); ARG(batch);
    ARG(a_row); ARG(a_batch); ARG(b_row); ARG(b_batch); ARG(c_row); ARG(c_batch);
    ARG(residual_row); ARG(residual_batch); ARG(scale_row); ARG(scale_batch); ARG(d_row); ARG(d_batch);
    ARG(alpha); ARG(beta);
#undef ARG
    if (D_IN_WORKSPACE) {
        g.d_row = g.n;
        g.d_batch = g.m * g.n;
    }
    return g;
}

INLINE Gemm matrix(Gemm g, Int index) {
    g.a += index * g.a_batch;
    g.b += index * g.b_batch;
    g.c += index * g.c_batch;
    g.residual += index * g.residual_batch;
    g.scale += index * g.scale_batch;
    g.d += index * g.d_batch;
    return g;
}

// Partial sums of one tile, or of a block of them.
struct Sums {
    Sum* data;
    Int row;
};

// `count` sums of row i from column j on are in x: over all of k when first and last.
INLINE void finish_vector(const Gemm& g, V x, Sum* sum, Int i, Int j, Int count, bool first,
                          bool last) {
    // Fused by hand: whether the compiler would differs between the places this is inlined into, and
    // an element's rounding must not depend on which tile it falls into.
    V alpha = splat(HAS_ALPHA ? g.alpha : 1);
    if (SCALE_SUMS) alpha *= load_up_to(g.scale + j, count);
    if (!first)
        x = fma(x, alpha, load_up_to(sum, count));
    else if (ACCUMULATE)
        x = fma(x, alpha, load_up_to(g.d + i * g.d_row + j, count));
    else if (HAS_C)
        x = fma(splat(g.beta), load_up_to(g.c + i * g.c_row + j, count), x * alpha);
    else
        x *= alpha;
    if (!last) return store_up_to(sum, x, count);
    const auto add_bias = [&](V y) { return y + load_up_to(g.bias + j, count); };
    const auto add_residual = [&](V y) {
        return y + load_up_to(g.residual + i * g.residual_row + j, count);
    };
    store_up_to(g.d + i * g.d_row + j, EPILOGUE(x), count);
}

// `rows` x `columns` sums in `tile`, whose rows are `tile_row` apart.
static NOINLINE void finish_block(const Gemm& g, const Sum* tile, Int tile_row,
                                                   Sums sums, Int i, Int j, Int rows, Int columns,
                                                   bool first, bool last) {
    for (Int r = 0; r < rows; ++r)
        for (Int c = 0; c < columns; c += VL)
            finish_vector(g, load(tile + r * tile_row + c), sums.data + r * sums.row + c, i + r,
                          j + c, columns - c, first, last);
}
