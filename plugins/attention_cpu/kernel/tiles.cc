// Many queries: scores and outputs are sums of outer products, whose lanes are queries. Online
// softmax (Milakov and Gimelshein, Online normalizer calculation for softmax, 2018) over blocks of
// keys, as in FlashAttention (Dao, Fu, Ermon, Rudra, Re, NeurIPS 2022).
//
// Lanes are queries, so that maxima and sums of softmax are between vectors, never across one.
//
// GROUPED: the queries of all heads that share a key head are rows of one block, else each head has
// blocks of its own. ROWS_FROM: queries of a sequence times heads that share a key head from which on
// this kernel is for; with fewer it does nothing.

// Entries of a row of the copies: whole vectors.
INLINE Int key_entries(const Attention& a) { return blocks(head_dim(a), STEP); }
INLINE Int key_copy_row(const Attention& a) { return round_up(key_entries(a), VL); }
INLINE Int value_copy_row(const Attention& a) { return round_up(head_dim_v(a), VL); }

// A thread's share of the workspace.
struct Part {
    f32* queries; // [strip][entry][NR]
    f32* sums;    // [strip][column][NR]: the output so far, times the sum of powers
    f32* scores;  // [key][NR], or entries of two keys
    f32 *keys, *values;
    f32 *largest, *total; // [query]
    int *first, *last;    // [query]: keys it sees
};

INLINE Part part(const Attention& a, Int index) {
    const Int queries = round_line(BQ * key_entries(a)), sums = round_line(BQ * head_dim_v(a));
    const Int scores = round_line(NR * BK), keys = round_line(BK * key_copy_row(a));
    const Int values = round_line((BK + 1) / STEP * value_copy_row(a)), rows = round_line(BQ);
    const Int all = queries + sums + scores + keys + values + 4 * rows;
    f32* at = (f32*)(a.workspace + 64) + index * all;
    Part p;
    p.queries = at;
    p.sums = at += queries;
    p.scores = at += sums;
    p.keys = at += scores;
    p.values = at += keys;
    p.largest = at += values;
    p.total = at += rows;
    p.first = (int*)(at += rows);
    p.last = (int*)(at += rows);
    return p;
}

// Rows of a block: queries of one head, or of a group's heads in turn.
struct Block {
    Int b, head, heads, kv_head;
    Int row, rows; // first row, count
    Int query(Int r) const { return heads == 1 ? row + r : (row + r) / heads; }
    Int of_head(Int r) const { return heads == 1 ? head : head + (row + r) % heads; }
};

NOINLINE void pack_queries(const Attention& a, const Sequence& s, const Block& block, const Part& p) {
    pack_strips([&](Int r) { return s.q + block.query(r) * a.q_row + block.of_head(r) * a.q_head; },
                block.rows, head_dim(a), product_scale(a), p.queries);
    for (Int r = 0; r < round_up(block.rows, NR); ++r) {
        const Range range = visible(a, s, block.query(smaller(r, block.rows - 1)));
        p.first[r] = (int)range.first;
        p.last[r] = (int)range.last;
    }
}

// --- keys and values -----------------------------------------------------------------------------

// Rows [j, j + count) as floats, or as pairs along a row.
NOINLINE Entries copy_keys(const Attention& a, const Sequence& s, Int kv_head, Int j, Int count,
                           f32* to) {
    const Int dim = head_dim(a), row = key_copy_row(a), end = j + count;
    f32* at = to;
    while (j < end) {
        const Rows from = keys_from(a, s, kv_head, j, end);
        for (Int i = 0; i < from.count; ++i, at += row)
            for (Int e = 0; e < row; e += VL)
                store(at + e, load_entries(from.at + i * from.row + e * STEP, dim - e * STEP));
        j += from.count;
    }
    return {to, row};
}

#if PAIRS
// Pairs along keys; an odd last one is paired with zeros.
NOINLINE Entries copy_values(const Attention& a, const Sequence& s, Int kv_head, Int j, Int count,
                             f32* to) {
    const Int dim = head_dim_v(a), row = value_copy_row(a);
    for (Int i = 0; i < count; i += 2) {
        const Rows first = values_from(a, s, kv_head, j + i, j + count);
        const bool alone = i + 1 == count;
        const Rows second = values_from(a, s, kv_head, j + i + !alone, j + count);
        for (Int e = 0; e < row; e += VL) {
            const VU low = (VU)load_up_to(first.at + e, dim - e);
            const VU high = alone ? VU{} : (VU)load_up_to(second.at + e, dim - e);
            store(to + i / 2 * row + e, (V)(low >> 16 | high));
        }
    }
    return {to, row};
}
#else
NOINLINE Entries copy_values(const Attention& a, const Sequence& s, Int kv_head, Int j, Int count,
                             f32* to) {
    const Int dim = head_dim_v(a), row = value_copy_row(a), end = j + count;
    f32* at = to;
    while (j < end) {
        const Rows from = values_from(a, s, kv_head, j, end);
        for (Int i = 0; i < from.count; ++i, at += row)
            for (Int e = 0; e < row; e += VL)
                store(at + e, load_up_to(from.at + i * from.row + e, dim - e));
        j += from.count;
    }
    return {to, row};
}
#endif

// --- softmax -------------------------------------------------------------------------------------

// Caps scores of keys [j, j + count), and hides those that a query does not see.
NOINLINE void adjust(const Attention& a, const Part& p, Int r, Int j, Int count, V (&largest)[NV]) {
    UNROLL for (int v = 0; v < NV; ++v) {
        const VI first = *(const VI*)(p.first + r + v * VL), last = *(const VI*)(p.last + r + v * VL);
        largest[v] = splat(-infinity());
        for (Int i = 0; i < count; ++i) {
            f32* at = p.scores + i * NR + v * VL;
            V x = load(at);
            if (a.softcap != 0) x = capped(a, x);
            const VI key = splat_int((int)(j + i));
            x = (key >= first & key < last) ? x : splat(-infinity());
            store(at, x);
            largest[v] = max(largest[v], x);
        }
    }
}

// Scores to powers of two, in place, or to entries of two keys. `masked`: some may be -infinity.
template <bool masked>
INLINE void raise(f32* scores, Int count, const V (&largest)[NV], V (&total)[NV]) {
    const auto power_at = [&](Int i, int v) __attribute__((always_inline)) {
        const V x = load(scores + i * NR + v * VL) - largest[v];
        const V power = exp2(x);
        return masked ? (x == splat(-infinity()) ? V{} : power) : power;
    };
    Int i = 0;
    NO_UNROLL for (; i + STEP <= count; i += STEP) {
        UNROLL for (int v = 0; v < NV; ++v) {
            const V first = power_at(i, v);
            const V second = PAIRS ? power_at(i + 1, v) : V{};
            total[v] += first + second;
            store(scores + i / STEP * NR + v * VL, entries(first, second));
        }
    }
    if (i < count)
        UNROLL for (int v = 0; v < NV; ++v) {
            const V first = power_at(i, v);
            total[v] += first;
            store(scores + i / STEP * NR + v * VL, entries(first, V{}));
        }
}

// Adds keys [j, j + count) to the strip that begins with row r.
NOINLINE void add_keys(const Attention& a, const Part& p, Int r, Entries keys, Entries values, Int j,
                       Int count, bool masked) {
    f32* sums = p.sums + r * head_dim_v(a);
    V largest[NV], total[NV], fade[NV];
    UNROLL for (int v = 0; v < NV; ++v) largest[v] = splat(-infinity());
    product_tiles<MK>(keys, 0, count, p.queries + r * key_entries(a), key_entries(a),
                      product_scale(a), p.scores, largest);
    if (masked || a.softcap != 0) adjust(a, p, r, j, count, largest);
    UNROLL for (int v = 0; v < NV; ++v) {
        const V before = load(p.largest + r + v * VL);
        largest[v] = max(largest[v], before);
        store(p.largest + r + v * VL, largest[v]);
        // Where nothing was seen yet, any number keeps differences from being NaN.
        if (masked) largest[v] = largest[v] == splat(-infinity()) ? V{} : largest[v];
        fade[v] = exp2(before - largest[v]);
        total[v] = load(p.total + r + v * VL) * fade[v];
    }
    if (masked)
        raise<true>(p.scores, count, largest, total);
    else
        raise<false>(p.scores, count, largest, total);
    UNROLL for (int v = 0; v < NV; ++v) store(p.total + r + v * VL, total[v]);
    sum_tiles<MV, HEAD_DIM_V>(p.scores, blocks(count, STEP), values, 0, head_dim_v(a), fade, sums);
}

// --- results -------------------------------------------------------------------------------------

NOINLINE void write_results(const Attention& a, const Sequence& s, const Block& block, const Part& p,
                            Int piece) {
    const Int columns = head_dim_v(a);
    for (Int r = 0; r < block.rows; r += VL) {
        const V total = load(p.total + r);
        const V factor = SPLIT > 1 ? splat(1) : total > 0 ? 1 / total : V{};
        const Int count = smaller(VL, block.rows - r);
        const f32* from = p.sums + r / NR * NR * columns + r % NR;
        for (Int c = 0; c < columns; c += VL) {
            V square[VL];
            UNROLL for (int i = 0; i < VL; ++i)
                square[i] = c + i < columns ? load(from + (c + i) * NR) * factor : V{};
            transpose(square);
            for (Int i = 0; i < count; ++i) {
                const Int query = block.query(r + i), head = block.of_head(r + i);
#if SPLIT > 1
                float* to = piece_values(a, piece, piece_row(a, block.b, head, query));
#else
                Element* to = s.o + query * a.o_row + head * a.o_head;
#endif
                store_up_to(to + c, square[i], columns - c);
            }
        }
        for (Int i = 0; i < count; ++i) {
            const Int query = block.query(r + i), head = block.of_head(r + i);
#if SPLIT > 1
            float* to = piece_totals(a, piece, piece_row(a, block.b, head, query));
            to[0] = p.largest[r + i];
            to[1] = p.total[r + i];
#else
            if (a.lse)
                s.lse[query * a.lse_row + head * a.lse_head] =
                    log_sum(p.largest[r + i], p.total[r + i]);
#endif
        }
    }
}

// --- the loops around it ---------------------------------------------------------------------------

// One block of queries with one piece of the keys.
INLINE void run_block(const Attention& a, const Sequence& s, const Block& block, const Part& p,
                      Int piece) {
    const Int strips = blocks(block.rows, NR);
    pack_queries(a, s, block, p);
    for (Int r = 0; r < strips * NR; r += VL) {
        store(p.largest + r, splat(-infinity()));
        store(p.total + r, V{});
    }
    for (Int i = 0; i < strips * NR * head_dim_v(a); i += VL) store(p.sums + i, V{});

    // Rows follow each other by query, so the first and the last say what a strip sees.
    const Int last_row = round_up(block.rows, NR) - 1;
    const Int begin = larger(p.first[0], s.keys * piece / SPLIT);
    const Int end = smaller(p.last[last_row], s.keys * (piece + 1) / SPLIT);
    const bool copy = COPY || s.pages;
    for (Int j = begin; j < end; j += BK) {
        const Int count = smaller(BK, end - j);
        Entries keys, values;
        if (copy) {
            keys = copy_keys(a, s, block.kv_head, j, count, p.keys);
            values = copy_values(a, s, block.kv_head, j, count, p.values);
        } else {
#if !COPY
            keys = {s.k + block.kv_head * a.k_head + j * a.k_row, a.k_row};
            values = {s.v + block.kv_head * a.v_head + j * a.v_row, a.v_row};
#endif
        }
        for (Int r = 0; r < strips * NR; r += NR) {
            // Pairs of values begin with the block.
            const Int low = clamp(p.first[r] - j, 0, count) / STEP * STEP;
            const Int high = clamp(p.last[r + NR - 1] - j, 0, count);
            if (low >= high) continue;
            const bool masked = p.first[r + NR - 1] > j + low || p.last[r] < j + high;
            add_keys(a, p, r, {keys.at + low * keys.row, keys.row},
                     {values.at + low / STEP * values.row, values.row}, j + low, high - low, masked);
        }
    }
    write_results(a, s, block, p, piece);
}

extern "C" void attention_tiles(void* const* args, const hone_cpu_item* item) {
    const Attention a = read(args);
    const Int heads = GROUPED ? group(a) : 1;
    if (a.q_len * group(a) < ROWS_FROM) return;
    const Part p = part(a, item->index);
    const Int columns = a.heads / heads; // of blocks
    const Int queries = blocks(a.q_len * heads, BQ);
    const Int units = a.batch * columns * queries * SPLIT;
    for (;;) {
        Int unit = __atomic_fetch_add((Int*)a.workspace, 1, __ATOMIC_RELAXED);
        if (unit >= units) return;
        const Int piece = unit % SPLIT;
        unit /= SPLIT;
        // The last queries see the most keys under a causal mask, so they come first.
        const Int number = queries - 1 - unit % queries;
        unit /= queries;
        Block block;
        block.b = unit / columns;
        block.head = unit % columns * heads;
        block.heads = heads;
        block.kv_head = block.head / group(a);
        block.row = number * BQ;
        const Sequence s = sequence(a, block.b);
        block.rows = smaller(BQ, s.queries * heads - block.row);
        if (block.rows <= 0) continue;
        run_block(a, s, block, p, piece);
    }
}
