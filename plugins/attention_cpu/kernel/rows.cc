// Few queries, as in decoding: the time is that of reading keys and values once, so they are read
// where they are, in order, and lanes are elements of a row. Pieces of the keys are shared out among
// threads and combined by a second step.
//
// BK: keys of a chunk, a multiple of VL. MV: vectors of a row of values summed at once. ALL_HEADS:
// a unit of work goes through all heads chunk by chunk, which reads bshd rows as they lie; else a
// unit is of one key head. TOUCH: a chunk of all heads is read once in the order of memory before it is
// used. ROWS_TO: queries of a sequence times heads that share a key head up to which this kernel is
// for; with more it does nothing.

INLINE Int query_row(const Attention& a) { return round_up(head_dim(a), VL); }
INLINE Int unit_rows(const Attention& a) {
    return (ALL_HEADS ? a.heads : group(a)) * query_slots(a);
}

// A thread's share of the workspace.
struct Part {
    f32* queries; // [row][head_dim, padded with zeros], scaled
    f32* powers;  // [BK]
};
INLINE Part part(const Attention& a, Int index) {
    const Int queries = unit_rows(a) * query_row(a);
    f32* at = (f32*)(a.workspace + 64) + index * (queries + BK);
    return {at, at + queries};
}

// Lane i: the sum of vector i. Each round sums the halves of the lanes of two vectors, riffled.
INLINE V sums_across(V (&x)[VL]) {
    UNROLL for (int n = VL / 2; n > 0; n /= 2)
        UNROLL for (int i = 0; i < n; ++i)
            x[i] = __builtin_shufflevector(x[i], x[i + n], LOW) +
                   __builtin_shufflevector(x[i], x[i + n], HIGH);
    return x[0];
}
INLINE float largest_of(V x) {
    float most = x[0];
    UNROLL for (int i = 1; i < VL; ++i) most = x[i] > most ? x[i] : most;
    return most;
}
INLINE float sum_of(V x) {
    float sum = x[0];
    UNROLL for (int i = 1; i < VL; ++i) sum += x[i];
    return sum;
}

// Loads a word of every line: rows of all heads as they lie in memory, which is what the processor
// fetches ahead best. Loads do better here than prefetches, which stop it from doing so.
INLINE void touch(const Rows& rows, Int elements) {
    constexpr Int line = 64 / sizeof(Element);
    NO_UNROLL for (Int i = 0; i < rows.count; ++i)
        NO_UNROLL for (Int e = 0; e < elements; e += line)
            (void)*(volatile const char*)(rows.at + i * rows.row + e);
}

// Products of a query with VL keys that are `row` apart, row after row, as what fetches ahead expects.
INLINE V products(const Attention& a, const f32* query, const Element* keys, Int row) {
    const Int dim = head_dim(a);
    V sum[VL];
    UNROLL for (int r = 0; r < VL; ++r, keys += row) {
        sum[r] = V{};
        Int e = 0;
        for (; e + VL <= dim; e += VL) sum[r] = fma(load(keys + e), load(query + e), sum[r]);
        if (e < dim) sum[r] = fma(load_up_to(keys + e, dim - e), load(query + e), sum[r]);
    }
    return sums_across(sum);
}
// Likewise with fewer keys, the rest 0.
NOINLINE V some_products(const Attention& a, const f32* query, const Element* keys, Int row,
                         Int count) {
    const Int dim = head_dim(a);
    V sums{};
    for (Int r = 0; r < count; ++r) {
        V sum{};
        for (Int e = 0; e < dim; e += VL)
            sum = fma(load_up_to(keys + r * row + e, dim - e), load(query + e), sum);
        sums[r] = sum_of(sum);
    }
    return sums;
}

// Vectors [c, c + n) of a row of outputs: what there is, times `fade`, plus powers times values.
template <int n>
INLINE void add_values(const f32* powers, const Rows& values, float fade, Int c, f32* to) {
    V sum[n];
    UNROLL for (int v = 0; v < n; ++v) sum[v] = load(to + c + v * VL) * fade;
    NO_UNROLL for (Int i = 0; i < values.count; ++i) {
        const V power = splat(powers[i]);
        const Element* value = values.at + i * values.row + c;
        UNROLL for (int v = 0; v < n; ++v) sum[v] = fma(power, load(value + v * VL), sum[v]);
    }
    UNROLL for (int v = 0; v < n; ++v) store(to + c + v * VL, sum[v]);
}

INLINE void add_rest(const f32* powers, const Rows& values, float fade, Int c, Int count, f32* to) {
    V sum = load_up_to(to + c, count) * fade;
    NO_UNROLL for (Int i = 0; i < values.count; ++i)
        sum = fma(splat(powers[i]), load_up_to(values.at + i * values.row + c, count), sum);
    store_up_to(to + c, sum, count);
}

// Adds keys from j on, of which the query sees `seen`.
NOINLINE void add_keys(const Attention& a, const f32* query, const Rows& keys, const Rows& values,
                       Int j, Range seen, f32* powers, float* totals, f32* sums) {
    if (seen.first >= j + keys.count || seen.last <= j) return;
    const Int columns = head_dim_v(a);
    const Int first = seen.first - j, last = smaller(seen.last - j, keys.count);
    V most = splat(-infinity());
    VI lane;
    UNROLL for (int i = 0; i < VL; ++i) lane[i] = i;
    for (Int i = 0; i < keys.count; i += VL) {
        const Element* from = keys.at + i * keys.row;
        V x = i + VL <= keys.count ? products(a, query, from, keys.row)
                                   : some_products(a, query, from, keys.row, keys.count - i);
        if (a.softcap != 0) x = capped(a, x);
        if (i < first || i + VL > last)
            x = (lane >= (int)(first - i) & lane < (int)(last - i)) ? x : splat(-infinity());
        store(powers + i, x);
        most = max(most, x);
    }
    const float before = totals[0], most_here = largest_of(most);
    const float largest = most_here > before ? most_here : before;
    const float fade = before == -infinity() ? 0 : exp2(splat(before - largest))[0];
    V total{};
    for (Int i = 0; i < keys.count; i += VL) {
        const V x = load(powers + i);
        const V power = x == splat(-infinity()) ? V{} : exp2(x - largest);
        store(powers + i, power);
        total += power;
    }
    totals[0] = largest;
    totals[1] = totals[1] * fade + sum_of(total);

    Int c = 0;
    for (; c + MV * VL <= columns; c += MV * VL) add_values<MV>(powers, values, fade, c, sums);
    for (; c + VL <= columns; c += VL) add_values<1>(powers, values, fade, c, sums);
    if (c < columns) add_rest(powers, values, fade, c, columns - c, sums);
}

// Heads that share key heads [kv_begin, kv_end) of a sequence, with one piece of its keys.
INLINE void run_piece(const Attention& a, const Part& p, Int b, Int piece, Int kv_begin, Int kv_end) {
    const Sequence s = sequence(a, b);
    const Int dim = head_dim(a), row = query_row(a), columns = head_dim_v(a), heads = group(a);
    const V scale = splat(product_scale(a));
    f32* query = p.queries;
    for (Int head = kv_begin * heads; head < kv_end * heads; ++head)
        for (Int i = 0; i < s.queries; ++i, query += row) {
            for (Int e = 0; e < dim; e += VL)
                store(query + e, load_up_to(s.q + i * a.q_row + head * a.q_head + e, dim - e) * scale);
            const Int at = piece_row(a, b, head, i);
            piece_totals(a, piece, at)[0] = -infinity();
            piece_totals(a, piece, at)[1] = 0;
            for (Int c = 0; c < columns; c += VL)
                store_up_to(piece_values(a, piece, at) + c, V{}, columns - c);
        }

    const Range all{visible(a, s, 0).first, visible(a, s, s.queries - 1).last};
    const Int begin = larger(all.first, s.keys * piece / SPLIT);
    const Int end = smaller(all.last, s.keys * (piece + 1) / SPLIT);
    for (Int j = begin; j < end;) {
        Int count = 0;
        for (Int kv_head = kv_begin; kv_head < kv_end; ++kv_head) {
            const Int chunk_end = smaller(end, j + BK);
            const Rows keys = keys_from(a, s, kv_head, j, chunk_end);
            const Rows values = values_from(a, s, kv_head, j, chunk_end);
            count = keys.count;
            if (TOUCH && kv_head == kv_begin) {
                const Int last_head = kv_end - kv_begin - 1;
                touch(keys, last_head * a.k_head + dim);
                touch(values, last_head * a.v_head + columns);
            }
            query = p.queries + (kv_head - kv_begin) * heads * s.queries * row;
            for (Int head = kv_head * heads; head < (kv_head + 1) * heads; ++head)
                for (Int i = 0; i < s.queries; ++i, query += row) {
                    Range seen = visible(a, s, i);
                    seen = {larger(seen.first, begin), smaller(seen.last, end)};
                    const Int at = piece_row(a, b, head, i);
                    add_keys(a, query, keys, values, j, seen, p.powers, piece_totals(a, piece, at),
                             piece_values(a, piece, at));
                }
        }
        j += count;
    }
}

extern "C" void attention_rows(void* const* args, const hone_cpu_item* item) {
    const Attention a = read(args);
    if (a.q_len * group(a) > ROWS_TO) return;
    const Part p = part(a, item->index);
    const Int columns = ALL_HEADS ? 1 : a.kv_heads, each = ALL_HEADS ? a.kv_heads : 1;
    const Int units = a.batch * columns * SPLIT;
    for (;;) {
        const Int unit = __atomic_fetch_add((Int*)a.workspace, 1, __ATOMIC_RELAXED);
        if (unit >= units) return;
        const Int column = unit / SPLIT % columns;
        run_piece(a, p, unit / SPLIT / columns, unit % SPLIT, column * each, (column + 1) * each);
    }
}
