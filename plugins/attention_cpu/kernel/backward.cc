// Gradients of attention, from the log-sum-exp and the output of the forward pass (Dao, Fu, Ermon, Rudra,
// Re, FlashAttention, NeurIPS 2022, appendix B.4):
//   P = exp(S - lse), delta = rowsum(dO o), dS = P (dO V^T - delta) scale,
//   dV = P^T dO, dQ = dS K, dK = dS^T Q
// with the slope of softcap as a further factor of dS. Three kernels, one after the other: delta; dQ,
// whose strips are queries; dK and dV, whose strips are keys. S and dO V^T are computed twice, so that
// nothing is ever added to by two threads, and results are the same each time.

struct Gradients {
    const Element* d_o;
    Element *dq, *dk, *dv;
    Int do_batch, do_row, do_head, dq_batch, dq_row, dq_head;
    Int dk_batch, dk_row, dk_head, dv_batch, dv_row, dv_head;
};

INLINE Gradients read_gradients(void* const* args) {
    Gradients g;
    int i = attention_args;
#define ARG(name) g.name = *(decltype(g.name)*)args[i++]
    ARG(d_o); ARG(dq); ARG(dk); ARG(dv);
    ARG(do_batch); ARG(do_row); ARG(do_head); ARG(dq_batch); ARG(dq_row); ARG(dq_head);
    ARG(dk_batch); ARG(dk_row); ARG(dk_head); ARG(dv_batch); ARG(dv_row); ARG(dv_head);
#undef ARG
    return g;
}

// From a sequence's first token on, head 0.
INLINE Gradients of_sequence(const Attention& a, Gradients g, Int b) {
    const Int query = a.q_offsets ? a.q_offsets[b] : 0, key = a.kv_offsets ? a.kv_offsets[b] : 0;
    g.d_o += a.q_offsets ? query * g.do_row : b * g.do_batch;
    g.dq += a.q_offsets ? query * g.dq_row : b * g.dq_batch;
    g.dk += a.kv_offsets ? key * g.dk_row : b * g.dk_batch;
    g.dv += a.kv_offsets ? key * g.dv_row : b * g.dv_batch;
    return g;
}

// A thread's share of the workspace, behind delta.
struct Part {
    f32 *strips, *strips_v;       // transposed rows of head_dim and of head_dim_v
    f32 *sums, *sums_v;           // of as many columns
    f32 *scores, *gradients;      // [row][NR]: P, and dO V^T or dS
    f32 *copies, *copies_v;       // rows of head_dim and of head_dim_v
    f32 *lse, *delta;             // of the lanes
    int *first, *last;            // keys a lane sees
};

INLINE float* delta_of(const Attention& a, Int b, Int head) {
    return (float*)(a.workspace + 64) + (b * a.heads + head) * a.q_len;
}

INLINE Part part(const Attention& a, Int index) {
    const Int dim = head_dim(a), dim_v = head_dim_v(a);
    const Int strips = round_line(BQ * dim), strips_v = round_line(BQ * dim_v);
    const Int scores = round_line(NR * BK), lanes = round_line(BQ);
    const Int copies = round_line(BK * round_up(dim, VL)), copies_v = round_line(BK * round_up(dim_v, VL));
    const Int all = 2 * (strips + strips_v + scores) + copies + copies_v + 4 * lanes;
    f32* at = delta_of(a, 0, 0) + round_line(a.batch * a.heads * a.q_len) + index * all;
    Part p;
    p.strips = at;
    p.strips_v = at += strips;
    p.sums = at += strips_v;
    p.sums_v = at += strips;
    p.scores = at += strips_v;
    p.gradients = at += scores;
    p.copies = at += scores;
    p.copies_v = at += copies;
    p.lse = at += copies_v;
    p.delta = at += lanes;
    p.first = (int*)(at += lanes);
    p.last = (int*)(at += lanes);
    return p;
}

INLINE Entries rows_at(const Element* from, Int row, Int count, Int dim, f32* to) {
#if COPY
    const Int width = round_up(dim, VL);
    for (Int i = 0; i < count; ++i)
        for (Int e = 0; e < width; e += VL)
            store(to + i * width + e, load_up_to(from + i * row + e, dim - e));
    return {to, width};
#else
    return {from, row};
#endif
}

INLINE void clear(f32* sums, Int count) {
    for (Int i = 0; i < count; i += VL) store(sums + i, V{});
}

// Columns of strips back to rows.
template <class RowAt> INLINE void unpack(RowAt row_at, Int count, Int dim, const f32* strips) {
    for (Int r = 0; r < count; r += VL)
        for (Int c = 0; c < dim; c += VL) {
            const f32* from = strips + r / NR * NR * dim + r % NR;
            V square[VL];
            UNROLL for (int i = 0; i < VL; ++i)
                square[i] = c + i < dim ? load(from + (c + i) * NR) : V{};
            transpose(square);
            for (Int i = 0; i < smaller(VL, count - r); ++i)
                store_up_to(row_at(r + i) + c, square[i], dim - c);
        }
}

// P and dS of one vector, from products of queries with keys and of dO with values.
INLINE void weigh(const Attention& a, f32* score, f32* gradient, V lse, V delta, VI hidden) {
    V x = load(score), factor = splat(a.scale);
    if (a.softcap != 0) {
        const V t = tanh(x);
        x = t * (a.softcap * log2_e);
        factor *= 1.0f - t * t;
    }
    const V power = exp2(x - lse);
    const V p = hidden ? V{} : power; // also where lse is -infinity
    store(score, p);
    store(gradient, p * (load(gradient) - delta) * factor);
}

// --- delta ---------------------------------------------------------------------------------------

extern "C" void attention_delta(void* const* args, const hone_cpu_item* item) {
    const Attention a = read(args);
    const Gradients all = read_gradients(args);
    const Int rows = a.batch * a.heads, columns = head_dim_v(a);
    for (Int row = item->index; row < rows; row += item->count) {
        const Int b = row / a.heads, head = row % a.heads;
        const Sequence s = sequence(a, b);
        const Gradients g = of_sequence(a, all, b);
        for (Int i = 0; i < s.queries; ++i) {
            const Element *o = s.o + i * a.o_row + head * a.o_head, *d = g.d_o + i * g.do_row + head * g.do_head;
            V sum{};
            for (Int c = 0; c < columns; c += VL)
                sum = fma(load_up_to(o + c, columns - c), load_up_to(d + c, columns - c), sum);
            float total = 0;
            UNROLL for (int l = 0; l < VL; ++l) total += sum[l];
            delta_of(a, b, head)[i] = total;
        }
    }
}

// --- dQ ------------------------------------------------------------------------------------------

INLINE void query_block(const Attention& a, const Sequence& s, const Gradients& g, const Part& p, Int b,
                        Int head, Int row, Int rows) {
    const Int dim = head_dim(a), dim_v = head_dim_v(a), kv_head = head / group(a);
    const Int lanes = round_up(rows, NR);
    pack_strips([&](Int r) { return s.q + (row + r) * a.q_row + head * a.q_head; }, rows, dim,
                product_scale(a), p.strips);
    pack_strips([&](Int r) { return g.d_o + (row + r) * g.do_row + head * g.do_head; }, rows, dim_v, 1,
                p.strips_v);
    clear(p.sums, lanes * dim);
    for (Int r = 0; r < lanes; ++r) {
        const Int query = row + smaller(r, rows - 1);
        const Range range = visible(a, s, query);
        p.first[r] = (int)range.first;
        p.last[r] = (int)range.last;
        p.lse[r] = s.lse[query * a.lse_row + head * a.lse_head] * log2_e;
        p.delta[r] = delta_of(a, b, head)[query];
    }
    V unused[NV] = {}, keep[NV];
    UNROLL for (int v = 0; v < NV; ++v) keep[v] = splat(1);
    for (Int j = p.first[0]; j < p.last[lanes - 1]; j += BK) {
        const Int count = smaller(BK, p.last[lanes - 1] - j);
        const Entries keys = rows_at(s.k + kv_head * a.k_head + j * a.k_row, a.k_row, count, dim, p.copies);
        const Entries values =
            rows_at(s.v + kv_head * a.v_head + j * a.v_row, a.v_row, count, dim_v, p.copies_v);
        for (Int r = 0; r < lanes; r += NR) {
            const Int low = clamp(p.first[r] - j, 0, count), high = clamp(p.last[r + NR - 1] - j, 0, count);
            if (low >= high) continue;
            product_tiles<MK>(keys, low, high, p.strips + r * dim, dim, 1, p.scores, unused);
            product_tiles<MK>(values, low, high, p.strips_v + r * dim_v, dim_v, 1, p.gradients, unused);
            for (Int i = low; i < high; ++i) {
                const VI key = splat_int((int)(j + i));
                UNROLL for (int v = 0; v < NV; ++v) {
                    const Int lane = r + v * VL;
                    const VI hidden =
                        key < *(const VI*)(p.first + lane) | key >= *(const VI*)(p.last + lane);
                    weigh(a, p.scores + i * NR + v * VL, p.gradients + i * NR + v * VL,
                          load(p.lse + lane), load(p.delta + lane), hidden);
                }
            }
            sum_tiles<MV, HEAD_DIM>(p.gradients + low * NR, high - low,
                                    {keys.at + low * keys.row, keys.row}, 0, dim, keep,
                                    p.sums + r * dim);
        }
    }
    unpack([&](Int r) { return g.dq + (row + r) * g.dq_row + head * g.dq_head; }, rows, dim, p.sums);
}

// The next unit of work; each kernel has a counter of its own.
INLINE Int next_unit(const Attention& a, int counter) {
    return __atomic_fetch_add((Int*)a.workspace + counter, 1, __ATOMIC_RELAXED);
}

extern "C" void attention_dq(void* const* args, const hone_cpu_item* item) {
    const Attention a = read(args);
    const Gradients all = read_gradients(args);
    const Part p = part(a, item->index);
    const Int queries = blocks(a.q_len, BQ), units = a.batch * a.heads * queries;
    for (Int unit; (unit = next_unit(a, 0)) < units;) {
        // The last queries see the most keys under a causal mask, so they come first.
        const Int row = (queries - 1 - unit % queries) * BQ, head = unit / queries % a.heads;
        const Int b = unit / queries / a.heads;
        const Sequence s = sequence(a, b);
        if (row >= s.queries) continue;
        query_block(a, s, of_sequence(a, all, b), p, b, head, row, smaller(BQ, s.queries - row));
    }
}

// --- dK and dV -----------------------------------------------------------------------------------

INLINE void key_block(const Attention& a, const Sequence& s, const Gradients& g, const Part& p, Int b,
                      Int kv_head, Int row, Int rows) {
    const Int dim = head_dim(a), dim_v = head_dim_v(a), lanes = round_up(rows, NR);
    pack_strips([&](Int r) { return s.k + (row + r) * a.k_row + kv_head * a.k_head; }, rows, dim,
                product_scale(a), p.strips);
    pack_strips([&](Int r) { return s.v + (row + r) * a.v_row + kv_head * a.v_head; }, rows, dim_v, 1,
                p.strips_v);
    clear(p.sums, lanes * dim);
    clear(p.sums_v, lanes * dim_v);
    VI lane;
    UNROLL for (int i = 0; i < VL; ++i) lane[i] = i;
    V unused[NV] = {}, keep[NV];
    UNROLL for (int v = 0; v < NV; ++v) keep[v] = splat(1);
    for (Int head = kv_head * group(a); head < (kv_head + 1) * group(a); ++head)
        for (Int i = 0; i < s.queries; i += BK) {
            const Int count = smaller(BK, s.queries - i);
            // What queries see begins and ends later from one to the next.
            const Range first = visible(a, s, i), last = visible(a, s, i + count - 1);
            if (first.first >= row + rows || last.last <= row) continue;
            const Entries queries =
                rows_at(s.q + head * a.q_head + i * a.q_row, a.q_row, count, dim, p.copies);
            const Entries d_o =
                rows_at(g.d_o + head * g.do_head + i * g.do_row, g.do_row, count, dim_v, p.copies_v);
            for (Int r = 0; r < lanes; r += NR) {
                if (first.first >= row + r + NR || last.last <= row + r) continue;
                product_tiles<MK>(queries, 0, count, p.strips + r * dim, dim, 1, p.scores, unused);
                product_tiles<MK>(d_o, 0, count, p.strips_v + r * dim_v, dim_v, 1, p.gradients, unused);
                for (Int q = 0; q < count; ++q) {
                    const Range range = visible(a, s, i + q);
                    const V lse = splat(s.lse[(i + q) * a.lse_row + head * a.lse_head] * log2_e);
                    const V delta = splat(delta_of(a, b, head)[i + q]);
                    UNROLL for (int v = 0; v < NV; ++v) {
                        const VI key = lane + (int)(row + r + v * VL);
                        weigh(a, p.scores + q * NR + v * VL, p.gradients + q * NR + v * VL, lse, delta,
                              key < (int)range.first | key >= (int)range.last);
                    }
                }
                sum_tiles<MV, HEAD_DIM_V>(p.scores, count, d_o, 0, dim_v, keep, p.sums_v + r * dim_v);
                sum_tiles<MV, HEAD_DIM>(p.gradients, count, queries, 0, dim, keep, p.sums + r * dim);
            }
        }
    unpack([&](Int r) { return g.dk + (row + r) * g.dk_row + kv_head * g.dk_head; }, rows, dim, p.sums);
    unpack([&](Int r) { return g.dv + (row + r) * g.dv_row + kv_head * g.dv_head; }, rows, dim_v,
           p.sums_v);
}

extern "C" void attention_dkv(void* const* args, const hone_cpu_item* item) {
    const Attention a = read(args);
    const Gradients all = read_gradients(args);
    const Part p = part(a, item->index);
    const Int keys = blocks(a.kv_len, BQ), units = a.batch * a.kv_heads * keys;
    for (Int unit; (unit = next_unit(a, 1)) < units;) {
        const Int row = unit % keys * BQ, kv_head = unit / keys % a.kv_heads;
        const Int b = unit / keys / a.kv_heads;
        const Sequence s = sequence(a, b);
        if (row >= s.keys) continue;
        key_block(a, s, of_sequence(a, all, b), p, b, kv_head, row, smaller(BQ, s.keys - row));
    }
}
