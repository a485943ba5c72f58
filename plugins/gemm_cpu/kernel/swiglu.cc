// What follows the sums of a gemm with swiglu, which pairs columns half a row apart: D from the m x n
// sums in the workspace. BEFORE(x), AFTER(x): the steps of the epilogue on either side of it.

INLINE V before(const Gemm& g, V x, Int j, Int count) {
    const auto add_bias = [&](V y) { return y + load_up_to(g.bias + j, count); };
    return BEFORE(x);
}

extern "C" void swiglu(void* const* args, const hone_cpu_item* item) {
    const Gemm all = read(args);
    const Int rows = all.batch * all.m, half = all.n / 2;
    const Int begin = rows * item->index / item->count, end = rows * (item->index + 1) / item->count;
    for (Int row = begin; row < end; ++row) {
        const Gemm g = matrix(all, row / all.m);
        const Int i = row % all.m;
        const float* sums = (const float*)all.workspace + row * all.n;
        for (Int j = 0; j < half; j += VL) {
            const Int count = half - j;
            const V gate = before(g, load_up_to(sums + j, count), j, count);
            const V linear = before(g, load_up_to(sums + half + j, count), half + j, count);
            const auto add_residual = [&](V y) {
                return y + load_up_to(g.residual + i * g.residual_row + j, count);
            };
            const V x = silu(gate) * linear;
            store_up_to(g.d + i * g.d_row + j, AFTER(x), count);
        }
    }
}
