// Few queries, as in decoding: the time is that of reading keys and values once, so they are read
// where they are, and lanes of products are elements of a row. Pieces of the keys are shared out among
// threads and combined by a second step.
//
// Lines are loaded in the order of memory, and the compiler is kept from changing it: what the
// processor fetches ahead follows no other order, and takes half the time where it does.
//
// BK: keys of a chunk, a multiple of VL. SCORES: a chunk has fewer where it had more scores than that.
// MV: vectors of a row of values summed at once. ALL_HEADS: a unit of work goes through all heads key by
// key, which reads bshd rows as they lie; else a unit is of one key head. ROWS_TO: queries of a sequence
// times heads that share a key head up to which this kernel is for; with more it does nothing.

// The compiler leaves loads before it before those behind it.
INLINE void in_order() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

INLINE Int query_row(const Attention& a) { return round_up(head_dim(a), VL); }
INLINE Int most_rows(const Attention& a) {
    return (ALL_HEADS ? a.heads : group(a)) * query_slots(a);
}

// A row is a query of a head. Scores of a key are `lanes` floats, one per row: a power of two that
// divides VL, so that a vector has `step` keys, or `vectors` vectors. Lanes beyond the last row repeat
// it.
struct Unit {
    Int b, piece, kv_begin, kv_end;
    Int queries;  // of a head
    Int per_head; // rows that share a key head
    Int rows, lanes, vectors, step;
};

// A thread's share of the workspace.
struct Part {
    f32* queries;                 // [row][head_dim, padded with zeros], scaled
    f32* scores;                  // [key of a chunk][lane], then powers
    f32 *largest, *total, *fade;  // [lane]
    int *first, *last;            // [lane]: keys it sees
    Int *key_at, *query_at;       // [lane]: offsets of its key and its query
    f32** sums;                   // [row]: the output so far, times the sum of powers
};
INLINE Part part(const Attention& a, Int index) {
    const Int rows = round_up(most_rows(a), VL), queries = most_rows(a) * query_row(a);
    f32* at = (f32*)(a.workspace + 64) + index * (queries + SCORES + 12 * rows);
    Part p;
    p.queries = at;
    p.scores = at += queries;
    p.largest = at += SCORES + rows;
    p.total = at += rows;
    p.fade = at += rows;
    p.first = (int*)(at += rows);
    p.last = (int*)(at += rows);
    p.key_at = (Int*)(at += rows);
    p.query_at = (Int*)(at += 2 * rows);
    p.sums = (f32**)(at += 2 * rows);
    return p;
}

// Lane i: the sum of vector i. Each round sums the halves of the lanes of two vectors, riffled.
INLINE V sums_across(V (&x)[VL]) {
    UNROLL for (int n = VL / 2; n > 0; n /= 2)
        UNROLL for (int i = 0; i < n; ++i)
            x[i] = __builtin_shufflevector(x[i], x[i + n], LOW) +
                   __builtin_shufflevector(x[i], x[i + n], HIGH);
    return x[0];
}

// Lane i is lane (i + count) % VL of x.
INLINE V rotated(V x, Int count) {
    f32 twice[2 * VL];
    store(twice, x);
    store(twice + VL, x);
    return load(twice + count);
}

// --- scores --------------------------------------------------------------------------------------

// Lane i: the product of the key at key_at[i] with the query at query_at[i]. `n` lanes have the same
// key.
template <int n>
INLINE V products(const Attention& a, const Element* keys, const Int* key_at, const f32* queries,
                  const Int* query_at) {
    const Int dim = head_dim(a);
    V sum[VL];
    UNROLL for (int i = 0; i < VL; i += n) {
        const Element* key = keys + key_at[i];
        const f32* query[n];
        UNROLL for (int r = 0; r < n; ++r) query[r] = queries + query_at[i + r];
        UNROLL for (int r = 0; r < n; ++r) sum[i + r] = V{};
        Int e = 0;
        for (; e + VL <= dim; e += VL) {
            const V x = load(key + e);
            UNROLL for (int r = 0; r < n; ++r) sum[i + r] = fma(x, load(query[r] + e), sum[i + r]);
        }
        if (e < dim) {
            const V x = load_up_to(key + e, dim - e);
            UNROLL for (int r = 0; r < n; ++r) sum[i + r] = fma(x, load(query[r] + e), sum[i + r]);
        }
        in_order();
    }
    return sums_across(sum);
}

template <int n>
INLINE void score_by(const Attention& a, const Unit& u, const Part& p, const Rows& keys) {
    f32* to = p.scores;
    Int i = 0;
    NO_UNROLL for (; i + u.step <= keys.count; i += u.step)
        NO_UNROLL for (Int v = 0; v < u.vectors; ++v, to += VL)
            store(to, products<n>(a, keys.at + i * keys.row, p.key_at + v * VL, p.queries,
                                  p.query_at + v * VL));
    if (i == keys.count) return;
    // Keys that are not there: the last one again.
    Int key_at[VL];
    for (Int lane = 0; lane < VL; ++lane)
        key_at[lane] =
            p.key_at[smaller(lane / u.lanes, keys.count - i - 1) * u.lanes + lane % u.lanes];
    store(to, products<n>(a, keys.at + i * keys.row, key_at, p.queries, p.query_at));
}
NOINLINE void score(const Attention& a, const Unit& u, const Part& p, const Rows& keys) {
    if (u.per_head % 4 == 0)
        score_by<4>(a, u, p, keys);
    else if (u.per_head % 2 == 0)
        score_by<2>(a, u, p, keys);
    else
        score_by<1>(a, u, p, keys);
}

// Scores of keys [j, j + count) to powers of two. `masked`: some are not to be seen.
INLINE void raise(const Attention& a, const Unit& u, const Part& p, Int j, Int count, bool masked) {
    const Int keys = blocks(count, u.step), stride = u.vectors * VL;
    VI key_of_lane;
    UNROLL for (int lane = 0; lane < VL; ++lane) key_of_lane[lane] = (int)(j + lane / u.lanes);
    for (Int lane = 0; lane < stride; lane += VL) {
        f32* at = p.scores + lane;
        V most = splat(-infinity());
        const VI first = *(const VI*)(p.first + lane), last = *(const VI*)(p.last + lane);
        const VI end = splat_int((int)(j + count));
        for (Int i = 0; i < keys; ++i) {
            V x = load(at + i * stride);
            if (a.softcap != 0) x = capped(a, x);
            if (masked) {
                const VI key = key_of_lane + (int)(i * u.step);
                x = (key >= first & key < last & key < end) ? x : splat(-infinity());
            }
            if (masked || a.softcap != 0) store(at + i * stride, x);
            most = max(most, x);
        }
        for (Int n = u.lanes; n < VL; n *= 2) most = max(most, rotated(most, n));
        const V before = load(p.largest + lane), largest = max(before, most);
        const V fade = before == splat(-infinity()) ? V{} : exp2(before - largest);
        V total = load(p.total + lane) * fade;
        for (Int i = 0; i < keys; ++i) {
            const V x = load(at + i * stride);
            const V power = x == splat(-infinity()) ? V{} : exp2(x - largest);
            store(at + i * stride, power);
            total += power;
        }
        store(p.largest + lane, largest);
        store(p.total + lane, total);
        store(p.fade + lane, fade);
    }
}

// --- values --------------------------------------------------------------------------------------

// Vectors [c, c + n) of R rows of outputs: adds powers, which are `step` apart, times values.
template <int R, int n>
INLINE void add_vectors(const f32* powers, Int step, const Rows& values, Int c, f32* const* to) {
    V sum[R][n];
    UNROLL for (int r = 0; r < R; ++r)
        UNROLL for (int v = 0; v < n; ++v) sum[r][v] = load(to[r] + c + v * VL);
    NO_UNROLL for (Int i = 0; i < values.count; ++i) {
        const Element* value = values.at + i * values.row + c;
        V x[n];
        UNROLL for (int v = 0; v < n; ++v) x[v] = load(value + v * VL);
        UNROLL for (int r = 0; r < R; ++r) {
            const V power = splat(powers[i * step + r]);
            UNROLL for (int v = 0; v < n; ++v) sum[r][v] = fma(power, x[v], sum[r][v]);
        }
    }
    UNROLL for (int r = 0; r < R; ++r)
        UNROLL for (int v = 0; v < n; ++v) store(to[r] + c + v * VL, sum[r][v]);
    in_order();
}

INLINE void add_rest(const f32* powers, Int step, const Rows& values, Int c, Int count, f32* to) {
    V sum = load_up_to(to + c, count);
    NO_UNROLL for (Int i = 0; i < values.count; ++i)
        sum = fma(splat(powers[i * step]), load_up_to(values.at + i * values.row + c, count), sum);
    store_up_to(to + c, sum, count);
}

// To R rows of outputs that share a key head.
template <int R>
INLINE void add_values(const f32* powers, Int step, const Rows& values, Int columns, f32* const* to) {
    Int c = 0;
    for (; c + MV * VL <= columns; c += MV * VL) add_vectors<R, MV>(powers, step, values, c, to);
    for (; c + VL <= columns; c += VL) add_vectors<R, 1>(powers, step, values, c, to);
    if (c < columns)
        for (Int r = 0; r < R; ++r) add_rest(powers + r, step, values, c, columns - c, to[r]);
}

// Loads a word of every line of `heads` rows of each key.
INLINE void touch(const Rows& rows, Int heads, Int head, Int elements) {
    constexpr Int line = 64 / sizeof(Element);
    NO_UNROLL for (Int i = 0; i < rows.count; ++i)
        NO_UNROLL for (Int h = 0; h < heads; ++h)
            NO_UNROLL for (Int e = 0; e < elements; e += line)
                (void)*(volatile const char*)(rows.at + i * rows.row + h * head + e);
}

NOINLINE void add_all_values(const Attention& a, const Unit& u, const Part& p, const Rows& values) {
    const Int columns = head_dim_v(a), heads = u.kv_end - u.kv_begin;
    for (Int row = 0; row < u.rows; ++row)
        for (Int c = 0; c < columns; c += VL)
            store_up_to(p.sums[row] + c,
                        load_up_to(p.sums[row] + c, columns - c) * splat(p.fade[row]), columns - c);
    // Of one head all keys at once. Of more, key by key where sums stay in the fastest cache, else a few
    // keys, so that sums are loaded and stored less often.
    const Int keys_at_once = heads == 1 ? values.count : u.rows * columns <= 1024 ? 1 : 4;
    NO_UNROLL for (Int i = 0; i < values.count; i += keys_at_once) {
        Rows some = {values.at + i * values.row, values.row,
                     smaller(keys_at_once, values.count - i)};
        if (heads > 1 && keys_at_once > 1) touch(some, heads, a.v_head, columns);
        const f32* powers = p.scores + i * u.lanes;
        NO_UNROLL for (Int row = 0; row < u.rows; some.at += a.v_head) {
            const Int end = row + u.per_head;
            NO_UNROLL for (; row + 4 <= end; row += 4)
                add_values<4>(powers + row, u.lanes, some, columns, p.sums + row);
            NO_UNROLL for (; row < end; ++row)
                add_values<1>(powers + row, u.lanes, some, columns, p.sums + row);
        }
    }
}

// --- the loops around it ---------------------------------------------------------------------------

INLINE Unit unit_of(const Sequence& s, Int group, Int b, Int piece, Int kv_begin, Int kv_end) {
    Unit u;
    u.b = b;
    u.piece = piece;
    u.kv_begin = kv_begin;
    u.kv_end = kv_end;
    u.queries = s.queries;
    u.per_head = group * s.queries;
    u.rows = (kv_end - kv_begin) * u.per_head;
    u.lanes = round_up(u.rows, VL);
    if (u.rows < VL)
        for (u.lanes = 1; u.lanes < u.rows;) u.lanes *= 2;
    u.vectors = blocks(u.lanes, VL);
    u.step = u.lanes < VL ? VL / u.lanes : 1;
    return u;
}

INLINE void prepare(const Attention& a, const Sequence& s, const Unit& u, const Part& p, Int begin,
                    Int end) {
    const Int dim = head_dim(a), width = query_row(a), columns = head_dim_v(a);
    const V scale = splat(product_scale(a));
    for (Int row = 0; row < u.rows; ++row) {
        const Int head = u.kv_begin * group(a) + row / u.queries, i = row % u.queries;
        const Element* from = s.q + i * a.q_row + head * a.q_head;
        for (Int e = 0; e < dim; e += VL)
            store(p.queries + row * width + e, load_up_to(from + e, dim - e) * scale);
        p.sums[row] = piece_values(a, u.piece, piece_row(a, u.b, head, i));
        for (Int c = 0; c < columns; c += VL) store_up_to(p.sums[row] + c, V{}, columns - c);
    }
    for (Int lane = 0; lane < u.vectors * VL; ++lane) {
        const Int row = smaller(lane % u.lanes, u.rows - 1);
        const Range seen = visible(a, s, row % u.queries);
        p.first[lane] = (int)larger(seen.first, begin);
        p.last[lane] = (int)smaller(seen.last, end);
        p.largest[lane] = -infinity();
        p.total[lane] = 0;
        p.key_at[lane] = lane / u.lanes * a.k_row + row / u.per_head * a.k_head;
        p.query_at[lane] = row * width;
    }
}

// Heads that share key heads [kv_begin, kv_end) of a sequence, with one piece of its keys.
INLINE void run_piece(const Attention& a, const Part& p, Int b, Int piece, Int kv_begin, Int kv_end) {
    const Sequence s = sequence(a, b);
    if (s.queries == 0) return;
    const Unit u = unit_of(s, group(a), b, piece, kv_begin, kv_end);
    const Range first = visible(a, s, 0), last = visible(a, s, s.queries - 1);
    const Int begin = larger(first.first, s.keys * piece / SPLIT);
    const Int end = smaller(last.last, s.keys * (piece + 1) / SPLIT);
    prepare(a, s, u, p, begin, end);
    const Int most = clamp(SCORES / u.lanes, 1, BK);
    for (Int j = begin; j < end;) {
        const Int chunk_end = smaller(end, j + most);
        const Rows keys = keys_from(a, s, kv_begin, j, chunk_end);
        const Rows values = values_from(a, s, kv_begin, j, chunk_end);
        const Int next = j + keys.count;
        score(a, u, p, keys);
        raise(a, u, p, j, keys.count,
              last.first > j || first.last < next || keys.count % u.step != 0);
        add_all_values(a, u, p, values);
        j = next;
    }
    for (Int row = 0; row < u.rows; ++row) {
        float total = 0;
        for (Int lane = row; lane < u.vectors * VL; lane += u.lanes) total += p.total[lane];
        const Int at = piece_row(a, b, kv_begin * group(a) + row / u.queries, row % u.queries);
        piece_totals(a, piece, at)[0] = p.largest[row];
        piece_totals(a, piece, at)[1] = total;
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
