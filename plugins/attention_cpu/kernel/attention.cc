// o = softmax(scale q k^T) v for each sequence and head: the operands, and what all loops share.
//
// Scores are kept in units of ln(2), so that softmax takes powers of two. With a softcap, products
// are scaled to what tanh takes, else to scores.
//
// HEAD_DIM, HEAD_DIM_V: elements of a key and a value, 0: known at run time. SPLIT: pieces that the
// keys of a sequence are split into; their results are combined in a second step. QUERY_SLOTS:
// queries of a sequence that results of pieces have room for, 0: q_len.

struct hone_cpu_item {
    int index, count;
    void* barrier;
    void (*wait)(void* barrier);
};

// In the order of the program's arguments. Strides are in elements.
struct Attention {
    const Element *q, *k, *v;
    const int *q_offsets, *kv_offsets, *block_table;
    Element* o;
    float* lse;
    char* workspace;
    float* pieces; // results of the pieces
    Int batch, heads, kv_heads, q_len, kv_len, head_dim, head_dim_v;
    Int q_batch, q_row, q_head, k_batch, k_row, k_head, v_batch, v_row, v_head;
    Int o_batch, o_row, o_head, lse_batch, lse_row, lse_head, table_row;
    Int causal, window, page_size, scale_is_given;
    float softcap, scale;
};

constexpr int attention_args = 39; // arguments that it is read from

INLINE Attention read(void* const* args) {
    Attention a;
    int i = 0;
#define ARG(name) a.name = *(decltype(a.name)*)args[i++]
    ARG(q); ARG(k); ARG(v); ARG(q_offsets); ARG(kv_offsets); ARG(block_table); ARG(o); ARG(lse);
    ARG(workspace); ARG(pieces);
    ARG(batch); ARG(heads); ARG(kv_heads); ARG(q_len); ARG(kv_len); ARG(head_dim); ARG(head_dim_v);
    ARG(q_batch); ARG(q_row); ARG(q_head); ARG(k_batch); ARG(k_row); ARG(k_head);
    ARG(v_batch); ARG(v_row); ARG(v_head); ARG(o_batch); ARG(o_row); ARG(o_head);
    ARG(lse_batch); ARG(lse_row); ARG(lse_head); ARG(table_row);
    ARG(causal); ARG(window); ARG(page_size); ARG(scale_is_given);
    ARG(softcap); ARG(scale);
#undef ARG
    if (!a.scale_is_given) a.scale = 1 / __builtin_elementwise_sqrt((float)a.head_dim);
    return a;
}

INLINE Int head_dim(const Attention& a) { return HEAD_DIM ? HEAD_DIM : a.head_dim; }
INLINE Int head_dim_v(const Attention& a) { return HEAD_DIM_V ? HEAD_DIM_V : a.head_dim_v; }
INLINE Int query_slots(const Attention& a) { return QUERY_SLOTS ? QUERY_SLOTS : a.q_len; }
INLINE Int group(const Attention& a) { return a.heads / a.kv_heads; }

constexpr float log2_e = 1.44269504f;
INLINE float product_scale(const Attention& a) {
    return a.softcap != 0 ? a.scale / a.softcap : a.scale * log2_e;
}
INLINE V capped(const Attention& a, V x) { return tanh(x) * (a.softcap * log2_e); }

// One sequence of the batch. Tensors from its first token on, head 0.
struct Sequence {
    Int queries, keys;
    const Element *q, *k, *v;
    Element* o;
    float* lse;
    const int* pages; // of a paged cache
};

INLINE Sequence sequence(const Attention& a, Int b) {
    Sequence s{a.q_len, a.kv_len, a.q, a.k, a.v, a.o, a.lse, nullptr};
    if (a.q_offsets) {
        const Int first = a.q_offsets[b];
        s.queries = a.q_offsets[b + 1] - first;
        s.q += first * a.q_row;
        s.o += first * a.o_row;
        s.lse += first * a.lse_row;
    } else {
        s.q += b * a.q_batch;
        s.o += b * a.o_batch;
        s.lse += b * a.lse_batch;
    }
    if (a.kv_offsets) s.keys = a.kv_offsets[b + 1] - a.kv_offsets[b];
    if (a.page_size) {
        s.pages = a.block_table + b * a.table_row;
    } else if (a.kv_offsets) {
        s.k += a.kv_offsets[b] * a.k_row;
        s.v += a.kv_offsets[b] * a.v_row;
    } else {
        s.k += b * a.k_batch;
        s.v += b * a.v_batch;
    }
    return s;
}

// Keys [first, last) that a query sees.
struct Range {
    Int first, last;
};
INLINE Range visible(const Attention& a, const Sequence& s, Int query) {
    const Int diagonal = query + s.keys - s.queries;
    const Int last = a.causal ? clamp(diagonal + 1, 0, s.keys) : s.keys;
    const Int first = a.window ? clamp(diagonal - a.window, 0, s.keys) : 0;
    return {smaller(first, last), last};
}

// Rows of keys or values that lie at even distances.
struct Rows {
    const Element* at;
    Int row, count;
};
// From key j on: all up to `end`, or as many as its page has.
INLINE Rows rows_from(const Attention& a, const Sequence& s, const Element* first, Int row, Int page,
                      Int j, Int end) {
    if (!s.pages) return {first + j * row, row, end - j};
    const Int slot = j % a.page_size;
    return {first + s.pages[j / a.page_size] * page + slot * row, row,
            smaller(end - j, a.page_size - slot)};
}
INLINE Rows keys_from(const Attention& a, const Sequence& s, Int kv_head, Int j, Int end) {
    return rows_from(a, s, s.k + kv_head * a.k_head, a.k_row, a.k_batch, j, end);
}
INLINE Rows values_from(const Attention& a, const Sequence& s, Int kv_head, Int j, Int end) {
    return rows_from(a, s, s.v + kv_head * a.v_head, a.v_row, a.v_batch, j, end);
}

// Results of the pieces: for each row the largest score and the sum of powers, then the weighted
// sums of values.
INLINE Int piece_rows(const Attention& a) { return a.batch * a.heads * query_slots(a); }
INLINE Int piece_row(const Attention& a, Int b, Int head, Int query) {
    return (b * a.heads + head) * query_slots(a) + query;
}
INLINE float* piece_totals(const Attention& a, Int piece, Int row) {
    return a.pieces + (piece * piece_rows(a) + row) * 2;
}
INLINE float* piece_values(const Attention& a, Int piece, Int row) {
    return a.pieces + SPLIT * piece_rows(a) * 2 + (piece * piece_rows(a) + row) * head_dim_v(a);
}

// Log-sum-exp of scores in units of ln(2).
INLINE float log_sum(float largest, float total) {
    if (largest == -infinity()) return largest;
    return (largest + log2(splat(total))[0]) / log2_e;
}
