// Sums of dot products along k, for layout nt with few rows: rows of A and of B are read once, in
// place, as long streams. MR rows of A meet NR rows of B at a time; every pair has a vector of VL
// partial sums. Numbers of B are scaled as they are read where scales change along k (GROUP). KU: vectors of k per loop. PREFETCH_B: how many
// groups of NR rows ahead B is fetched to L2, line after line as memory has them, 0: none.

// Lane i of the result is the total of sums[i]: each round adds the halves of two vectors' lanes,
// riffled. The order of the additions is the same for all elements.
INLINE V totals(V (&sums)[VL]) {
    UNROLL for (int left = VL / 2; left > 0; left /= 2)
        UNROLL for (int i = 0; i < left; ++i)
            sums[i] = __builtin_shufflevector(sums[i], sums[i + left], LOW) +
                      __builtin_shufflevector(sums[i], sums[i + left], HIGH);
    return sums[0];
}

// `count` elements from p on exist, of the VL entries taken. The side with fewer rows is held in registers, the
// other passes by.
INLINE void multiply(V (&sum)[MR][NR], const A_TYPE* const (&a)[MR], const B_TYPE* const (&b)[NR],
                     const Sum (&scale)[NR], const B_TYPE* ahead, Int p, Int count) {
    const auto load = [&](const auto* at) {
        return count >= VL * STEP ? load_entries(at) : load_some_entries(at, count);
    };
    const auto row = [&](int i) { return load(a[i] + p); };
    const auto column = [&](int j) {
        // A group has as many lines as steps: one after the other, not row by row.
        if (PREFETCH_B) __builtin_prefetch(ahead + NR * p + j * VL * STEP, 0, 2);
        const V numbers = load(b[j] + p);
        return GROUP ? numbers * scale[j] : numbers;
    };
    V held[MR < NR ? MR : NR];
    if constexpr (MR < NR) {
        UNROLL for (int i = 0; i < MR; ++i) held[i] = row(i);
        UNROLL for (int j = 0; j < NR; ++j) {
            const V passing = column(j);
            UNROLL for (int i = 0; i < MR; ++i) 
                sum[i][j] = multiply_add(held[i], passing, sum[i][j]);
        }
    } else {
        UNROLL for (int j = 0; j < NR; ++j) held[j] = column(j);
        UNROLL for (int i = 0; i < MR; ++i) {
            const V passing = row(i);
            UNROLL for (int j = 0; j < NR; ++j) 
                sum[i][j] = multiply_add(held[j], passing, sum[i][j]);
        }
    }
}

static NOINLINE void tile(const Gemm& g, Int i, Int j, Int rows, Int columns) {
    // Rows beyond the last are the last one again, and their sums are dropped.
    const A_TYPE* a[MR];
    const B_TYPE* b[NR];
    UNROLL for (int r = 0; r < MR; ++r) a[r] = g.a + (i + smaller(r, rows - 1)) * g.a_row;
    UNROLL for (int c = 0; c < NR; ++c) b[c] = g.b + (j + smaller(c, columns - 1)) * g.b_row;
    const B_TYPE* ahead = b[0] + PREFETCH_B * NR * g.b_row;

    V sum[MR][NR];
    UNROLL for (int r = 0; r < MR; ++r)
        UNROLL for (int c = 0; c < NR; ++c) sum[r][c] = V{};
    enum { CHUNK = VL * STEP };
    for (Int p = 0, end; p < g.k; p = end) {
        end = GROUP ? p + GROUP : g.k;
        Sum scale[NR];
        UNROLL for (int c = 0; c < NR; ++c)
            scale[c] = GROUP ? value(g.scale[p / larger(GROUP, 1) * g.scale_row + j +
                                             smaller(c, columns - 1)])
                             : 1;
        for (; p + KU * CHUNK <= end; p += KU * CHUNK) {
            UNROLL for (int u = 0; u < KU; ++u)
                multiply(sum, a, b, scale, ahead, p + u * CHUNK, CHUNK);
        }
        NO_UNROLL for (; p < end; p += CHUNK) multiply(sum, a, b, scale, ahead, p, end - p);
    }

    enum { ROW = (NR + VL - 1) / VL * VL };
    Sum block[MR * ROW];
    UNROLL for (int r = 0; r < MR; ++r)
        UNROLL for (int c = 0; c < ROW; c += VL) {
            V sums[VL];
            UNROLL for (int i = 0; i < VL; ++i) sums[i] = c + i < NR ? sum[r][c + i] : V{};
            store(block + r * ROW + c, totals(sums));
        }
    finish_block(g, block, ROW, {}, i, j, rows, columns, true, true);
}

static void multiply_columns(const Gemm& g, Int begin, Int end) {
    for (Int j = begin; j < end; j += NR)
        for (Int i = 0; i < g.m; i += MR)
            tile(g, i, j, smaller(MR, g.m - i), smaller(NR, end - j));
}

extern "C" void gemm(void* const* args, const hone_cpu_item* item) {
    const Gemm all = read(args);
    if (all.m < M_FROM || all.m > M_TO) return;
    // Enough matrices for everybody: no need to split one.
    if (all.batch >= item->count) {
        for (Int b = item->index; b < all.batch; b += item->count)
            multiply_columns(matrix(all, b), 0, all.n);
        return;
    }
    const Int units = blocks(all.n, NR);
    const Int begin = units * item->index / item->count * NR;
    const Int end = smaller(units * (item->index + 1) / item->count * NR, all.n);
    for (Int b = 0; b < all.batch; ++b) multiply_columns(matrix(all, b), begin, end);
}
