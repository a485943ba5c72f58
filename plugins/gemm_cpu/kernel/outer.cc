// Sums of outer products: a tile of MR rows and NR columns of D stays in registers while k goes by.
//
// Three loops of blocks around it (Goto and van de Geijn, Anatomy of High-Performance Matrix
// Multiplication, TOMS 2008): NC columns, KC of k, MC rows. PACK_B copies a KC x NC block of op(B)
// to panels NR wide, PACK_A an MC x KC block of op(A) to panels MR high, both padded with zeros.
// Without, operands are read in place, except for a ragged last panel of B. PREPACKED: B was copied
// beforehand, all of it, by the kernel `pack` to panels of all of k.
//
// FUSE_B: the first tiles that meet a panel of B read it in place and leave the packed copy.
// KU: entries of k per loop. PANELS: panels of B filled side by side. ROWS_INSIDE: the loop over
// tiles runs down a column of them, so that the panel of B stays in L1; else along a row.
// PREFETCH_B: panels ahead along the rows of an unpacked B, or 16 steps of k along a packed panel, 0:
// none. PREFETCH_D: fetch the tile of D early; 1: the first lines of its rows, 2: all. FETCH: cache
// lines of the next block of B, or of the next panel of a prepared one, that are fetched per loop of
// KU steps, 0: none. As many as are used meanwhile is best.
// KEEP_A: the loop over columns is inside those over k and rows. THREADS_M: threads that split the
// rows of a block and share its packed B; groups of them split the columns. PACKED_A_BYTES,
// SUMS_BYTES, THREAD_BYTES: a thread's share of the workspace holds packed A, sums, and packed B.

enum { NV = NR / VL };

#if PACK_A
typedef Sum ElementA;
#else
typedef A_TYPE ElementA;
#endif
#if PACK_B || PREPACKED && PAIRS
typedef Sum ElementB;
#else
typedef B_TYPE ElementB;
#endif

// --- packing ---------------------------------------------------------------------------------------

// W entries of the rows `first` and, with pairs, `second`.
template <int W, class T> INLINE void pack_row(const T* first, const T* second, Sum* to) {
    if constexpr (W % VL == 0) {
        UNROLL for (int i = 0; i < W; i += VL) store(to + i, load_entries(first + i, second + i));
    } else {
        UNROLL for (int i = 0; i < W; ++i) to[i] = entry(first[i], second[i]);
    }
}

// Entries along k that a packed panel has room for: transposing writes VL of them at least.
INLINE Int panel_entries(Int kc) { return larger(blocks(kc, STEP), VL); }

// Columns of a matrix, of which `width` exist, to `panels` panels of W entries per step. Row after row
// across the panels: long reads of a row cost fewer page walks.
template <int W, class T>
static NOINLINE void pack_rows(const T* from, Int row, Int kc, Int width, Sum* to, Int panels) {
    const Int room = panel_entries(kc);
    for (Int p = 0; p < kc; p += STEP)
        NO_UNROLL for (Int q = 0; q < panels; ++q) {
            const T* first = from + p * row + q * W;
            const T* second = p + 1 < kc ? first + row : first;
            Sum* target = to + q * W * room + p / STEP * W;
            const Int valid = width - q * W;
            if (valid >= W && p + STEP <= kc)
                pack_row<W>(first, second, target);
            else
                NO_UNROLL for (Int i = 0; i < W; ++i) target[i] =
                    i < valid ? entry(first[i], p + 1 < kc ? second[i] : T{}) : 0;
        }
}

// W rows of a matrix, of which `height` exist, to W entries per step; the last row stands in for
// those that do not exist, whose sums are dropped. Vectors are stored whole: what goes beyond a
// step's W entries is overwritten by the next step, or by the next panel.
template <int W, class T>
static NOINLINE void pack_columns(const T* from, Int row, Int kc, Int height, Sum* to) {
    T few[W * VL * STEP];
    if (kc < VL * STEP) {
        NO_UNROLL for (Int r = 0; r < W; ++r)
            NO_UNROLL for (Int p = 0; p < VL * STEP; ++p)
                few[r * VL * STEP + p] = p < kc ? from[smaller(r, height - 1) * row + p] : T{};
        from = few;
        row = kc = VL * STEP;
        height = W;
    }
    const Int whole = kc / STEP;
    for (Int next = 0; next < whole; next += VL) {
        const Int p = smaller(next, whole - VL); // the last block overlaps the one before
        for (Int i = (W - 1) / VL * VL; i >= 0; i -= VL) {
            V block[VL];
            UNROLL for (int r = 0; r < VL; ++r) {
                if (r < W) {
                    const T* source = from + smaller(i + r, height - 1) * row + p * STEP;
                    __builtin_prefetch(source + 2 * VL); // for later blocks: rows are far apart
                    block[r] = load_entries(source);
                } else {
                    block[r] = V{};
                }
            }
            transpose(block);
            UNROLL for (int q = 0; q < VL; ++q) store(to + (p + q) * W + i, block[q]);
        }
    }
    if (whole * STEP < kc)
        NO_UNROLL for (Int i = 0; i < W; ++i) to[whole * W + i] =
            entry(from[smaller(i, height - 1) * row + kc - 1], T{});
}

// --- one tile --------------------------------------------------------------------------------------

// MR rows of op(A) over a block of k.
struct PanelA {
#if PACK_A
    const Sum* at; // [p][i], entries
    inline Sum get(Int i, Int p) const { return at[p * MR + i]; }
#else
    const A_TYPE* rows[MR]; // of the last row again where there are fewer
    inline Sum get(Int i, Int p) const { return value(rows[i][p]); }
#endif
};

// NR columns of op(B) over a block of k.
struct PanelB {
    const ElementB* at;
    Int row;            // elements between steps of k, where it is not packed
    const B_TYPE* from; // FUSE_B: where the tile that fills it reads it
};

// The block of B that comes next, fetched to L2 line after line while this one is multiplied: one
// long stream, in whatever order the tiles read B.
struct Ahead {
    const char* at;
    const char* row_end; // of the lines of one row
    Int run, row;        // bytes of a row; from row to row
    Int rows;            // after this one
    Int step;            // 64, or 0 when nothing is left

    // At step u of a loop. In bursts, requests would wait for each other and hold up loads.
    inline void fetch(int u) const {
        UNROLL for (int i = u * FETCH / KU; i < (u + 1) * FETCH / KU; ++i)
            __builtin_prefetch(at + i * step, 0, 2);
    }
    inline void advance() {
        at += FETCH * step;
        if (at < row_end || step == 0) return;
        if (rows-- > 0) {
            row_end += row;
            at = row_end - run;
        } else {
            step = 0; // the last line again and again
        }
    }
};

// One step of k. FILL: B is read in place and left in the packed panel.
template <bool FILL>
INLINE void multiply(V (&sum)[MR][NV], const PanelA& a, const PanelB& b, Int p) {
    V columns[NV];
    if constexpr (FILL) {
        const B_TYPE* from = b.from + p * b.row;
        UNROLL for (int v = 0; v < NV; ++v) columns[v] = load(from + v * VL);
        UNROLL for (int c = 0; PREFETCH_B > 0 && c < NR; c += 64 / sizeof(B_TYPE))
            __builtin_prefetch(from + PREFETCH_B * NR + c);
        UNROLL for (int v = 0; v < NV; ++v) store((Sum*)b.at + p * NR + v * VL, columns[v]);
    } else {
        const ElementB* at = b.at + p * (PACK_B || PREPACKED ? NR : b.row);
        UNROLL for (int v = 0; v < NV; ++v) columns[v] = load(at + v * VL);
        UNROLL for (int c = 0; PREFETCH_B > 0 && c < NR; c += 64 / sizeof(ElementB))
            __builtin_prefetch(at + PREFETCH_B * NR * (PACK_B || PREPACKED ? 16 : 1) + c);
    }
    UNROLL for (int i = 0; i < MR; ++i) {
        const V row = splat_entry(a.get(i, p));
        UNROLL for (int v = 0; v < NV; ++v) sum[i][v] = multiply_add(row, columns[v], sum[i][v]);
    }
}

// The tile of D at row i, column j. `first` and `last` say which part of k this is.
template <bool FILL>
static NOINLINE void tile(const Gemm& g, const PanelA& a, const PanelB& b, Int kc, Ahead& fetched,
                          Sums sums, Int i, Int j, Int rows, Int columns, bool first, bool last) {
    Ahead ahead = fetched;
    // The first lines of its rows, or all of them.
    if (PREFETCH_D)
        for (Int r = 0; r < rows; ++r)
            UNROLL for (int c = 0; c < (PREFETCH_D > 1 ? NR : 1); c += 64 / sizeof(D_TYPE))
                __builtin_prefetch(g.d + (i + r) * g.d_row + j + c, 1);

    V sum[MR][NV];
    UNROLL for (int r = 0; r < MR; ++r)
        UNROLL for (int v = 0; v < NV; ++v) sum[r][v] = V{};
    const Int entries = blocks(kc, STEP);
    Int p = 0;
    for (; p + KU <= entries; p += KU) {
        UNROLL for (int u = 0; u < KU; ++u) {
            multiply<FILL>(sum, a, b, p + u);
            if (FETCH) ahead.fetch(u);
        }
        if (FETCH) ahead.advance();
    }
    NO_UNROLL for (; KU > 1 && p < entries; ++p) multiply<FILL>(sum, a, b, p);
    if (FETCH) fetched = ahead;

    // Most tiles go straight to where they are kept.
    const bool plain = D_IS_SUM && !HAS_EPILOGUE;
    if (rows == MR && columns == NR && (plain || !last)) {
        if (first) {
            UNROLL for (int r = 0; r < MR; ++r)
                UNROLL for (int v = 0; v < NV; ++v)
                    finish_vector(g, sum[r][v], sums.data + r * sums.row + v * VL, i + r,
                                  j + v * VL, VL, true, false);
        } else {
            UNROLL for (int r = 0; r < MR; ++r)
                UNROLL for (int v = 0; v < NV; ++v)
                    finish_vector(g, sum[r][v], sums.data + r * sums.row + v * VL, i + r,
                                  j + v * VL, VL, false, false);
        }
        return;
    }
    Sum block[MR * NR];
    UNROLL for (int r = 0; r < MR; ++r)
        UNROLL for (int v = 0; v < NV; ++v) store(block + r * NR + v * VL, sum[r][v]);
    finish_block(g, block, NR, sums, i, j, rows, columns, first, last);
}

// --- the loops around it ---------------------------------------------------------------------------

// Blocks of about equal size, at most `most`, all but the last a multiple of `unit`.
INLINE Int even_block(Int extent, Int most, Int unit) {
    if (extent <= most) return extent;
    return smaller(most, blocks(blocks(extent, blocks(extent, most)), unit) * unit);
}

// A thread's part of the work and of the workspace.
struct Part {
    Int m_begin, m_end, n_begin, n_end;
    Int n_steps;             // blocks of NC: the same for all, so that all meet at the barriers
    Int m_most;              // rows of the largest part
    Int sharer, sharers;     // of packed blocks of B
    Sum* packed_a;
    ElementB* packed_b;
    Sum* sums;
    const hone_cpu_item* item;
};

INLINE void meet(const Part& part) {
    if (PACK_B && !PREPACKED && THREADS_M > 1 && part.sharers > 1) part.item->wait(part.item->barrier);
}

// Columns [j, j + nc) of op(B), rows [p, p + kc): this thread's share of the panels.
INLINE void pack_b(const Gemm& g, const Part& part, Int j, Int nc, Int p, Int kc) {
#if PREPACKED
#elif PACK_B
    const Int panels = blocks(nc, NR);
    Int begin = panels * part.sharer / part.sharers;
    const Int end = panels * (part.sharer + 1) / part.sharers;
    if (FUSE_B) begin = nc / NR; // only the ragged one: the rest is filled by the first tiles
    for (Int q = begin; q < end; q += PANELS) {
        Sum* to = part.packed_b + q * NR * panel_entries(kc);
        const Int width = nc - q * NR;
        const Int count = smaller(PANELS, end - q);
#if B_TRANSPOSED
        for (Int s = 0; s < count; ++s)
            pack_columns<NR>(g.b + (j + (q + s) * NR) * g.b_row + p, g.b_row, kc,
                             width - s * NR, to + s * NR * panel_entries(kc));
#else
        pack_rows<NR>(g.b + p * g.b_row + j + q * NR, g.b_row, kc, width, to, count);
#endif
    }
#else
    // A tile reads whole vectors, so the ragged panel is copied with zeros after its columns.
    const Int whole = nc / NR * NR;
    for (Int r = 0; r < kc && whole < nc; ++r)
        NO_UNROLL for (Int c = 0; c < NR; ++c)
            part.packed_b[r * NR + c] =
                whole + c < nc ? g.b[(p + r) * g.b_row + j + whole + c] : ElementB{};
#endif
}

INLINE PanelB panel_b(const Gemm& g, const Part& part, Int j, Int q, Int nc, Int p, Int kc) {
#if PREPACKED
    return {(const ElementB*)g.b + ((j / NR + q) * blocks(g.k, STEP) + p / STEP) * NR, NR, nullptr};
#elif PACK_B
    return {part.packed_b + q * NR * panel_entries(kc), g.b_row, g.b + p * g.b_row + j + q * NR};
#else
    if ((q + 1) * NR > nc) return {part.packed_b, NR, nullptr};
    return {g.b + p * g.b_row + j + q * NR, g.b_row, nullptr};
#endif
}

// Rows [i, i + mc) of op(A), columns [p, p + kc).
INLINE void pack_a(const Gemm& g, const Part& part, Int i, Int mc, Int p, Int kc) {
#if PACK_A
    for (Int r = 0; r < mc; r += MR) {
        Sum* to = part.packed_a + r * panel_entries(kc);
#if A_TRANSPOSED
        pack_rows<MR>(g.a + p * g.a_row + i + r, g.a_row, kc, mc - r, to, 1);
#else
        pack_columns<MR>(g.a + (i + r) * g.a_row + p, g.a_row, kc, smaller(MR, mc - r), to);
#endif
    }
#endif
}

INLINE PanelA panel_a(const Gemm& g, const Part& part, Int i, Int r, Int mc, Int p, Int kc) {
#if PACK_A
    return {part.packed_a + r * panel_entries(kc)};
#else
    PanelA panel;
    UNROLL for (int t = 0; t < MR; ++t)
        panel.rows[t] = g.a + (i + smaller(r + t, mc - 1)) * g.a_row + p;
    return panel;
#endif
}

// Of a prepared B: the panel after number q.
INLINE Ahead panel_after(const Gemm& g, const Part& part, Int j, Int q, Int nc, Int p, Int kc) {
    const bool more = (q + 1) * NR < nc;
    if (!more && p + kc >= g.k) return {(const char*)&g, nullptr, 0, 0, 0, 0};
    const char* at =
        (const char*)panel_b(g, part, j, more ? q + 1 : 0, nc, more ? p : p + kc, kc).at;
    return {at, at + blocks(kc, STEP) * NR * (Int)sizeof(ElementB), 0, 0, 0, 64};
}

static NOINLINE void block(const Gemm& g, const Part& part, Int i, Int mc, Int j, Int nc, Int p, Int kc,
                           Ahead& ahead, Sums sums, bool fill) {
    const bool first = p == 0, last = p + kc == g.k;
    const Int panels = blocks(nc, NR), tiles = blocks(mc, MR);
    const Int outer = ROWS_INSIDE ? panels : tiles, inner = ROWS_INSIDE ? tiles : panels;
    for (Int s = 0; s < outer; ++s) {
        if (PREPACKED && FETCH > 0 && ROWS_INSIDE) ahead = panel_after(g, part, j, s, nc, p, kc);
        for (Int t = 0; t < inner; ++t) {
            const Int q = ROWS_INSIDE ? s : t, r = (ROWS_INSIDE ? t : s) * MR;
            const auto multiply_tile = [&](auto multiply) {
                multiply(g, panel_a(g, part, i, r, mc, p, kc), panel_b(g, part, j, q, nc, p, kc), kc,
                         ahead, {sums.data + r * sums.row + q * NR, sums.row}, i + r, j + q * NR,
                         smaller(MR, mc - r), smaller(NR, nc - q * NR), first, last);
            };
#if FUSE_B
            if (fill && r == 0 && (q + 1) * NR <= nc) {
                multiply_tile(tile<true>);
                continue;
            }
#endif
            multiply_tile(tile<false>);
        }
    }
}

// Columns [j, j + nc) of op(B), rows [p, p + kc), as far as this part has them.
INLINE Ahead ahead_of(const Gemm& g, const Part& part, Int j, Int nc, Int p, Int kc) {
    if (FETCH == 0 || PREPACKED || j >= part.n_end) return {(const char*)&g, nullptr, 0, 0, 0, 0};
    const Int columns = smaller(nc, part.n_end - j) * (Int)sizeof(B_TYPE);
    const Int steps = smaller(kc, g.k - p);
    const char* at = (const char*)(g.b + p * g.b_row + j);
    return {at, at + columns, columns, g.b_row * (Int)sizeof(B_TYPE), steps - 1, 64};
}

// KEEP_A: a block of A is packed once for all columns, and B anew for each block of rows.
static NOINLINE void multiply_rows(const Gemm& g, const Part& part, Int group, Int kc_most) {
    const Int mc_most = even_block(part.m_most, MC, MR);
    const Int nc_most = even_block(part.n_end - part.n_begin, NC, NR);
    for (Int offset = 0; offset < part.m_most; offset += mc_most) {
        const Int i = smaller(part.m_begin + offset, part.m_end);
        const Int mc = smaller(mc_most, part.m_end - i);
        for (Int p = 0, kc; p < g.k; p += kc) {
            kc = smaller(kc_most, group - p % group);
            Gemm here = g;
            if (SCALE_SUMS) here.scale += p / group * g.scale_row;
            pack_a(g, part, i, mc, p, kc);
            for (Int step = 0; step < part.n_steps; ++step) {
                const Int j = smaller(part.n_begin + step * nc_most, part.n_end);
                const Int nc = smaller(nc_most, part.n_end - j);
                pack_b(g, part, j, nc, p, kc);
                meet(part);
                const bool more = j + nc < part.n_end;
                Ahead ahead = ahead_of(g, part, more ? j + nc : part.n_begin, nc_most,
                                       more ? p : (p + kc) % g.k, kc_most);
                Sums sums = {part.sums, NC};
                if (D_IS_SUM) sums = {(Sum*)(g.d + i * g.d_row + j), g.d_row};
                if (mc > 0 && nc > 0) block(here, part, i, mc, j, nc, p, kc, ahead, sums, true);
                meet(part);
            }
        }
    }
}

// A block of B is packed once for all rows.
static NOINLINE void multiply_part(const Gemm& g, const Part& part) {
    const Int group = GROUP ? GROUP : g.k;
    const Int kc_most = even_block(group, KC, KU * STEP);
    // Sums in the workspace have room for MC rows, so all of k is done for these first.
    const bool sums_in_d = D_IS_SUM || kc_most == g.k;
    if (KEEP_A && sums_in_d) return multiply_rows(g, part, group, kc_most);
    const Int pass = sums_in_d ? larger(part.m_most, 1) : MC;
    const Int nc_most = even_block(part.n_end - part.n_begin, NC, NR);
    for (Int step = 0; step < part.n_steps; ++step) {
        const Int j = smaller(part.n_begin + step * nc_most, part.n_end);
        const Int nc = smaller(nc_most, part.n_end - j);
        for (Int offset = 0; offset < part.m_most; offset += pass) {
            const Int begin = smaller(part.m_begin + offset, part.m_end);
            const Int end = smaller(begin + pass, part.m_end);
            const Int rows_end = nc > 0 ? end : begin;
            const Int mc_most = even_block(end - begin, MC, MR);
            for (Int p = 0, kc; p < g.k; p += kc) {
                kc = smaller(kc_most, group - p % group); // of one group of scales
                Gemm here = g;
                if (SCALE_SUMS) here.scale += p / group * g.scale_row;
                pack_b(g, part, j, nc, p, kc);
                meet(part);
                const bool more = p + kc < g.k;
                Ahead ahead = ahead_of(g, part, more ? j : j + nc, nc_most, more ? p + kc : 0,
                                       kc_most);
                for (Int i = begin; i < rows_end; i += mc_most) {
                    const Int mc = smaller(mc_most, end - i);
                    Sums sums = {part.sums, NC};
                    if (D_IS_SUM) sums = {(Sum*)(g.d + i * g.d_row + j), g.d_row};
                    pack_a(g, part, i, mc, p, kc);
                    block(here, part, i, mc, j, nc, p, kc, ahead, sums, i == begin);
                }
                meet(part); // nobody fills the block again while others read it
            }
        }
    }
}

// The share of one of `count` in `units` units of `size`, of which the last may be ragged.
INLINE void share(Int extent, Int size, Int index, Int count, Int& begin, Int& end) {
    const Int units = blocks(extent, size);
    begin = smaller(units * index / count * size, extent);
    end = smaller(units * (index + 1) / count * size, extent);
}

extern "C" void gemm(void* const* args, const hone_cpu_item* item) {
    Gemm all = read(args);
    if (PREPACKED)
        all.b_batch = blocks(all.n, NR) * blocks(all.k, STEP) * NR * (Int)sizeof(ElementB) /
                      (Int)sizeof(B_TYPE);
    if (all.m < M_FROM || all.m > M_TO) return;
    const Int index = item->index, threads = item->count;
    char* own = all.workspace + index * (THREAD_BYTES);
    Part part;
    part.item = item;
    part.packed_a = (Sum*)own;
    part.sums = (Sum*)(own + PACKED_A_BYTES);

    // Enough matrices for everybody: no need to split one.
    const bool whole = all.batch >= threads && THREADS_M == 1;
    const Int rows = whole ? 1 : smaller(THREADS_M, threads);
    const Int columns = whole ? 1 : threads / rows;
    const Int group = whole ? 0 : index / rows;
    if (group >= columns && !(PACK_B && THREADS_M > 1)) return;
    part.sharer = PACK_B && !whole ? index % rows : 0;
    part.sharers = PACK_B && !whole ? rows : 1;
    part.packed_b = (ElementB*)(all.workspace + (index - part.sharer) * (THREAD_BYTES) +
                                PACKED_A_BYTES + SUMS_BYTES);
    share(all.m, MR, whole ? 0 : index % rows, rows, part.m_begin, part.m_end);
    share(all.n, NR, smaller(group, columns), columns, part.n_begin, part.n_end);
    if (group >= columns) part.n_begin = part.n_end = all.n;
    part.m_most = blocks(blocks(all.m, MR), rows) * MR;
    const Int n_most = blocks(blocks(all.n, NR), columns) * NR;
    part.n_steps = blocks(n_most, NC);
    for (Int b = whole ? index : 0; b < all.batch; b += whole ? threads : 1)
        multiply_part(matrix(all, b), part);
}

#if PREPACKED
// The prepared form of B: panels of NR columns, each with all steps of k, zeros beyond n and k.
extern "C" void pack(void* const* args, const hone_cpu_item* item) {
    Gemm g = read(args);
    typedef decltype(ElementB{}) Entry;
    const Int panels = blocks(g.n, NR), steps = blocks(g.k, STEP);
    const Int begin = panels * g.batch * item->index / item->count;
    const Int end = panels * g.batch * (item->index + 1) / item->count;
    for (Int index = begin; index < end; ++index) {
        const B_TYPE* b = g.b + index / panels * g.b_batch;
        Entry* to = (Entry*)g.workspace + index * steps * NR;
        for (Int p = 0; p < steps; ++p)
            NO_UNROLL for (Int c = 0; c < NR; ++c) {
                const Int j = index % panels * NR + c;
                const auto element = [&](Int q) {
                    if (j >= g.n || q >= g.k) return B_TYPE{};
                    return B_TRANSPOSED ? b[j * g.b_row + q] : b[q * g.b_row + j];
                };
#if PAIRS
                to[p * NR + c] = entry(element(2 * p), element(2 * p + 1));
#else
                to[p * NR + c] = element(p);
#endif
            }
    }
}
#endif
