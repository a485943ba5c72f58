// Sums of outer products whose lanes are the rows of a strip: what kernels for many queries are made
// of.
//
// A strip is NR = NV * VL rows, held transposed: it is the second operand of every product, so that the
// rows of another tensor are the first one as they are in memory.
//
// MK, MV: rows of a tile of products, or columns of a tile of weighted sums, in registers; NV vectors
// wide. KU: entries of a sum per loop. STRIPS: strips of a block. BK: rows of the other tensor at a
// time, a multiple of MK. COPY: those are copied to rows that lie together; needed where an entry is
// not an element.

enum { NR = NV * VL, BQ = STRIPS * NR };

INLINE Int round_line(Int floats) { return round_up(floats, 16); }

// A list of rows as the first operand.
struct Entries {
    const f32* at;
    Int row;
};

#if PAIRS
typedef float LooseV __attribute__((vector_size(VL * 4), aligned(2)));
INLINE V load_entries(const Element* p, Int count) {
    if (__builtin_expect(count >= VL * 2, 1)) return *(const LooseV*)p;
    Element whole[VL * 2] = {};
    NO_UNROLL for (Int i = 0; i < count; ++i) whole[i] = p[i];
    return *(const LooseV*)whole;
}
#else
INLINE V load_entries(const Element* p, Int count) { return load_up_to(p, count); }
#endif

// Rows to strips of `entries` entries: [strip][entry][NR], times `scale`. Beyond the last row, the last
// one again: its results are dropped. row_at(r): where row r is.
template <class RowAt>
INLINE void pack_strips(RowAt row_at, Int count, Int dim, float scale, f32* to) {
    const Int entries = blocks(dim, STEP);
    for (Int r = 0; r < round_up(count, NR); r += VL) {
        const Element* rows[VL];
        UNROLL for (int i = 0; i < VL; ++i) rows[i] = row_at(smaller(r + i, count - 1));
        f32* at = to + r / NR * NR * entries + r % NR;
        for (Int e = 0; e < entries; e += VL) {
            V square[VL];
            UNROLL for (int i = 0; i < VL; ++i) {
                square[i] = load_entries(rows[i] + e * STEP, dim - e * STEP);
                if (!PAIRS) square[i] *= scale;
            }
            transpose(square);
            NO_UNROLL for (Int i = 0; i < smaller(VL, entries - e); ++i)
                store(at + (e + i) * NR, square[i]);
        }
    }
}

// --- tiles ---------------------------------------------------------------------------------------

// Products of R rows with those of a strip, times `scale` where the strip could not be scaled.
template <int R>
INLINE void product_tile(const f32* rows, Int row, const f32* strip, Int entries, float scale,
                         f32* products, V (&largest)[NV]) {
    V sum[R][NV];
    UNROLL for (int i = 0; i < R; ++i)
        UNROLL for (int v = 0; v < NV; ++v) sum[i][v] = V{};
    const auto step = [&](Int e) __attribute__((always_inline)) {
        V columns[NV];
        UNROLL for (int v = 0; v < NV; ++v) columns[v] = load(strip + e * NR + v * VL);
        UNROLL for (int i = 0; i < R; ++i) {
            const V one = splat_entry(rows[i * row + e]);
            UNROLL for (int v = 0; v < NV; ++v) sum[i][v] = multiply_add(one, columns[v], sum[i][v]);
        }
    };
    Int e = 0;
    NO_UNROLL for (; e + KU <= entries; e += KU) {
        UNROLL for (int u = 0; u < KU; ++u) step(e + u);
    }
    NO_UNROLL for (; KU > 1 && e < entries; ++e) step(e);
    UNROLL for (int v = 0; v < NV; ++v) {
        UNROLL for (int i = 0; i < R; ++i) {
            if (PAIRS) sum[i][v] *= scale;
            store(products + i * NR + v * VL, sum[i][v]);
        }
        // Once per tile: the maxima of all strips' vectors do not fit beside the sums.
        UNROLL for (int i = 1; i < R; ++i) sum[0][v] = max(sum[0][v], sum[i][v]);
        largest[v] = max(largest[v], sum[0][v]);
    }
}

// Tiles of R rows, then of fewer.
template <int R>
INLINE void product_tiles(Entries rows, Int j, Int count, const f32* strip, Int entries, float scale,
                          f32* products, V (&largest)[NV]) {
    NO_UNROLL for (; j + R <= count; j += R)
        product_tile<R>(rows.at + j * rows.row, rows.row, strip, entries, scale, products + j * NR,
                        largest);
    if constexpr (R > 1)
        product_tiles<R / 2>(rows, j, count, strip, entries, scale, products, largest);
}

// Columns [c, c + R) of a strip's sums: what there is, times `fade`, plus weights times rows.
template <int R>
INLINE void sum_tile(const f32* weights, Int entries, Entries rows, Int c, const V (&fade)[NV],
                     f32* sums) {
    V sum[R][NV];
    UNROLL for (int i = 0; i < R; ++i)
        UNROLL for (int v = 0; v < NV; ++v)
            sum[i][v] = load(sums + (c + i) * NR + v * VL) * fade[v];
    const auto step = [&](Int e) __attribute__((always_inline)) {
        const f32* row = rows.at + e * rows.row + c;
        V columns[NV];
        UNROLL for (int v = 0; v < NV; ++v) columns[v] = load(weights + e * NR + v * VL);
        UNROLL for (int i = 0; i < R; ++i) {
            const V one = splat_entry(row[i]);
            UNROLL for (int v = 0; v < NV; ++v) sum[i][v] = multiply_add(one, columns[v], sum[i][v]);
        }
    };
    Int e = 0;
    NO_UNROLL for (; e + KU <= entries; e += KU) {
        UNROLL for (int u = 0; u < KU; ++u) step(e + u);
    }
    NO_UNROLL for (; KU > 1 && e < entries; ++e) step(e);
    UNROLL for (int i = 0; i < R; ++i)
        UNROLL for (int v = 0; v < NV; ++v) store(sums + (c + i) * NR + v * VL, sum[i][v]);
}

// Tiles of R columns. `known`: their count, where the compiler knows it, else 0.
template <int R, int known>
INLINE void sum_tiles(const f32* weights, Int entries, Entries rows, Int c, Int columns,
                      const V (&fade)[NV], f32* sums) {
    NO_UNROLL for (; c + R <= columns; c += R) sum_tile<R>(weights, entries, rows, c, fade, sums);
    // A known rest is one tile.
    constexpr int next = known % R != 0 ? known % R : R / 2;
    if constexpr (next > 0)
        sum_tiles<next, 0>(weights, entries, rows, c, columns, fade, sums);
}
