// Attention backward on matrix units, from the output and log-sum-exp of the forward pass:
//
//   delta = row sums of dO o,  P = exp(S - lse),  dS = scale P (dO V^T - delta)
//   dV = P^T dO,  dK = dS^T Q,  dQ = dS K       (FlashAttention, appendix B.4)
//
// attention_delta leaves delta in the workspace. attention_keys gives a block a tile of keys: its
// warps hold 16 keys each, with queries as columns, so that P^T and dS^T are first operands as they
// come. dQ is either summed by a kernel of its own that goes through the keys once more
// (attention_queries: the same result every time), or by atomic additions of attention_keys into
// f32, which attention_convert rounds.
//
// Macros from the config: BQ BKV (queries and keys per tile), WANTS_K WANTS_V (which of dK and dV
// attention_keys sums: one of two modules each, where both would not fit into registers),
// DETERMINISTIC, MIN_BLOCKS, THREADS = 2 BKV; PACK is 1; and those of attention.cuh and matrix.cuh.

#define BACKWARD_PARAMETERS                                                                        \
    const Element *q_, const Element *k_, const Element *v_, const Element *o_,                    \
        const Element *do_, const float *lse_, const int *q_offsets, const int *kv_offsets,        \
        Element *dq_, Element *dk_, Element *dv_, float *delta_, float *dq_sums, long long batch_, \
        long long heads_, long long kv_heads_, long long q_len_, long long kv_len_,                \
        long long q_batch, long long q_position, long long q_head, long long k_batch,              \
        long long k_position, long long k_head, long long v_batch, long long v_position,           \
        long long v_head, long long o_batch, long long o_position, long long o_head,               \
        long long do_batch, long long do_position, long long do_head, long long lse_batch,         \
        long long lse_position, long long lse_head, long long dq_batch, long long dq_position,     \
        long long dq_head, long long dk_batch, long long dk_position, long long dk_head,           \
        long long dv_batch, long long dv_position, long long dv_head, float scale_

constexpr int warps = THREADS / 32;

// Where a sequence begins in tensors that hold one after the other, else which it is.
struct Place {
    int batch, begin;
    bool variable;

    __device__ long long of(long long of_batch, long long of_position) const {
        return variable ? begin * of_position : batch * of_batch;
    }
};
struct Places {
    Place queries, keys;
    Sequence sequence;

    __device__ Places(int batch, const int* q_offsets, const int* kv_offsets, long long q_len,
                      long long kv_len)
        : queries{batch, VARIABLE_Q ? q_offsets[batch] : 0, VARIABLE_Q != 0},
          keys{batch, VARIABLE_KV ? kv_offsets[batch] : 0, VARIABLE_KV != 0},
          sequence{VARIABLE_Q ? q_offsets[batch + 1] - queries.begin : static_cast<int>(q_len),
                   VARIABLE_KV ? kv_offsets[batch + 1] - keys.begin : static_cast<int>(kv_len)} {}
};

// Row of delta and dq_sums.
__device__ inline long long row_of(long long batch, long long head, long long heads,
                                   long long q_len) {
    return (batch * heads + head) * q_len;
}

// P and dS of one query and key, from their product and that of dO and the value.
__device__ inline void weigh(float& product, float& gradient, float lse, float delta, float scale,
                             bool seen) {
    const float x = score(product, scale);
    const float p = seen ? exp2_fast(x - lse) : 0.f;
    float slope = 1;
#if HAS_SOFTCAP
    const float part = x * (ln_2 / SOFTCAP);
    slope = 1 - part * part;
#endif
    product = p;
    // Scaled here and not at the end: of f16, the product with dO V^T may be out of reach unscaled.
    gradient = p * (gradient - delta) * (slope * scale);
}

// Log-sum-exp in units of log2; a query that sees nothing has weights of 0.
__device__ inline float finite_lse(float lse) { return lse < lowest ? 0.f : lse * log2_e; }

// --- delta ---------------------------------------------------------------------------------------

// A warp for each query.
extern "C" __global__ void __launch_bounds__(128) attention_delta(BACKWARD_PARAMETERS) {
    const unsigned tiles = static_cast<unsigned>((q_len_ + 3) / 4);
    const int position = static_cast<int>(blockIdx.x % tiles * 4 + threadIdx.x / 32);
    const unsigned sequence_head = blockIdx.x / tiles;
    const int head = static_cast<int>(sequence_head % heads_);
    const int batch = static_cast<int>(sequence_head / heads_);
    const Places places(batch, q_offsets, kv_offsets, q_len_, kv_len_);
    if (position >= places.sequence.q_len) return;
    const Element* const o = o_ + places.queries.of(o_batch, o_position) + position * o_position +
                             head * o_head;
    const Element* const d_o = do_ + places.queries.of(do_batch, do_position) +
                               position * do_position + head * do_head;
    float sum = 0;
    for (int column = threadIdx.x % 32; column < HEAD_DIM_V; column += 32)
        sum += to_float(o[column]) * to_float(d_o[column]);
#pragma unroll
    for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(~0u, sum, step);
    if (threadIdx.x % 32 == 0) delta_[row_of(batch, head, heads_, q_len_) + position] = sum;
}

// --- products ------------------------------------------------------------------------------------

// sums[j] = products of 16 rows of `a` with COLUMNS rows of `b`, all `WIDTH` long.
template <int COLUMNS, int WIDTH, class Layout>
__device__ inline void multiply_rows(float (&sums)[COLUMNS / 8][4], unsigned a, int row,
                                     unsigned b) {
#pragma unroll
    for (int step = 0; step < WIDTH / 16; ++step) {
        unsigned of_a[4];
        load_a<Layout>(of_a, a, row, step);
#pragma unroll
        for (int j = 0; j < COLUMNS / 8; j += 2) {
            unsigned of_b[4];
            load_b<Layout>(of_b, b, j * 8, step);
            multiply_add(sums[j], of_a, of_b[0], of_b[1]);
            multiply_add(sums[j + 1], of_a, of_b[2], of_b[3]);
        }
    }
}

// sums += weights x rows: 16 x COUNT weights from registers, COUNT rows of WIDTH elements.
template <int COUNT, int WIDTH, class Layout>
__device__ inline void add_weighted(float (&sums)[WIDTH / 8][4],
                                    const float (&weights)[COUNT / 8][4], unsigned rows) {
#pragma unroll
    for (int step = 0; step < COUNT / 16; ++step) {
        unsigned p[4];
#pragma unroll
        for (int w = 0; w < 4; ++w)
            p[w] = pack(weights[2 * step + w / 2][w % 2 * 2],
                        weights[2 * step + w / 2][w % 2 * 2 + 1]);
#pragma unroll
        for (int j = 0; j < WIDTH / 8; j += 2) {
            unsigned b[4];
            load_b_transposed<Layout>(b, rows, j * 8, step);
            multiply_add(sums[j], p, b[0], b[1]);
            multiply_add(sums[j + 1], p, b[2], b[3]);
        }
    }
}

// Stores 16 rows of sums, `first` on, of `count` that exist.
template <int WIDTH, int COLUMNS>
__device__ inline void store_rows(Element* to, long long stride, int first, int count,
                                  const float (&sums)[WIDTH / 8][4], float factor) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const int row = first + half * 8 + lane / 4;
        if (row >= count) continue;
        Element* const line = to + row * stride;
#pragma unroll
        for (int j = 0; j < WIDTH / 8; ++j) {
            const int column = j * 8 + lane % 4 * 2;
            if (WIDTH != COLUMNS && column >= COLUMNS) continue;
            narrow(line[column], sums[j][half * 2] * factor);
            narrow(line[column + 1], sums[j][half * 2 + 1] * factor);
        }
    }
}

// --- gradients of keys and values ----------------------------------------------------------------

// dS of a tile, keys as rows, for the product with keys: 16-bit elements.
using LayoutS = Padded<BQ>;

#if WANTS_K && !DETERMINISTIC
// Adds dS K of one tile to dq_sums: each warp takes parts of 16 queries x 32 columns in turn.
__device__ inline void add_queries(float* sums, int first, int count, unsigned s_tile,
                                   unsigned k_tile) {
    const int lane = threadIdx.x % 32;
    constexpr int parts = (dim + 31) / 32;
#pragma unroll 1
    for (int part = threadIdx.x / 32; part < BQ / 16 * parts; part += warps) {
        const int row = part / parts * 16, column = part % parts * 32;
        float dq[4][4] = {};
#pragma unroll
        for (int step = 0; step < BKV / 16; ++step) {
            unsigned a[4];
            load_a_transposed<LayoutS>(a, s_tile, row, step);
#pragma unroll
            for (int j = 0; j < 4; j += 2) {
                if (column + j * 8 >= dim) continue;
                unsigned b[4];
                load_b_transposed<LayoutK>(b, k_tile, column + j * 8, step);
                multiply_add(dq[j], a, b[0], b[1]);
                multiply_add(dq[j + 1], a, b[2], b[3]);
            }
        }
#pragma unroll
        for (int j = 0; j < 4; ++j)
#pragma unroll
            for (int q = 0; q < 4; ++q) {
                const int r = first + row + q / 2 * 8 + lane / 4;
                const int c = column + j * 8 + lane % 4 * 2 + q % 2;
                if (r < count && c < HEAD_DIM)
                    atomicAdd(sums + r * static_cast<long long>(HEAD_DIM) + c, dq[j][q]);
            }
    }
}
#endif

extern "C" __global__ void __launch_bounds__(THREADS, MIN_BLOCKS)
    attention_keys(BACKWARD_PARAMETERS) {
    extern __shared__ __align__(128) unsigned char shared[];
    unsigned char* const k_tile = shared;
    unsigned char* const v_tile = k_tile + LayoutK::bytes(BKV);
    unsigned char* const q_tile = v_tile + LayoutV::bytes(BKV);
    unsigned char* const do_tile = q_tile + LayoutK::bytes(BQ);
    float* const lse_tile = reinterpret_cast<float*>(do_tile + LayoutV::bytes(BQ));
    float* const delta_tile = lse_tile + BQ;

    const unsigned tiles = static_cast<unsigned>((kv_len_ + BKV - 1) / BKV);
    const int first_key = static_cast<int>(blockIdx.x % tiles) * BKV;
    const unsigned sequence_head = blockIdx.x / tiles;
    const int kv_head = static_cast<int>(sequence_head % kv_heads_);
    const int batch = static_cast<int>(sequence_head / kv_heads_);
    const Places places(batch, q_offsets, kv_offsets, q_len_, kv_len_);
    const Sequence sequence = places.sequence;
    if (first_key >= sequence.kv_len) return;

    const long long k_begin = places.keys.of(k_batch, k_position) + kv_head * k_head;
    const long long v_begin = places.keys.of(v_batch, v_position) + kv_head * v_head;
    const KeyRows k_rows{k_ + k_begin, k_position, 0, nullptr, first_key, sequence.kv_len};
    const KeyRows v_rows{v_ + v_begin, v_position, 0, nullptr, first_key, sequence.kv_len};
    copy_rows<BKV, HEAD_DIM, LayoutK>(k_tile, k_rows,
                                      aligned_16(k_, {k_batch, k_position, k_head}));
    copy_rows<BKV, HEAD_DIM_V, LayoutV>(v_tile, v_rows,
                                        aligned_16(v_, {v_batch, v_position, v_head}));
    commit_copies();
    const bool q_aligned = aligned_16(q_, {q_batch, q_position, q_head});
    const bool do_aligned = aligned_16(do_, {do_batch, do_position, do_head});

    // Queries that see some key of the tile.
    const int shift = sequence.kv_len - sequence.q_len, last_key = first_key + BKV - 1;
    const int from = CAUSAL ? max(0, first_key - shift) / BQ * BQ : 0;
    const int to = WINDOW > 0 ? min(sequence.q_len, max(0, last_key + WINDOW - shift + 1))
                              : sequence.q_len;

    const int lane = threadIdx.x % 32, row = threadIdx.x / 32 * 16;
    const int group = static_cast<int>(heads_ / kv_heads_);
    float dk[dim / 8][4] = {}, dv[dim_v / 8][4] = {};
    for (int shared_head = 0; shared_head < group; ++shared_head) {
        const int head = kv_head * group + shared_head;
        QueryRows q_rows{q_ + places.queries.of(q_batch, q_position) + head * q_head, q_position, 0,
                         0, sequence.q_len};
        QueryRows do_rows{do_ + places.queries.of(do_batch, do_position) + head * do_head,
                          do_position, 0, 0, sequence.q_len};
        const float* const lse =
            lse_ + places.queries.of(lse_batch, lse_position) + head * lse_head;
        const long long sums_row = row_of(batch, head, heads_, q_len_);
        for (int first = from; first < to; first += BQ) {
            __syncthreads(); // nobody reads the last tile any more
            q_rows.first = do_rows.first = first;
            copy_rows<BQ, HEAD_DIM, LayoutK>(q_tile, q_rows, q_aligned);
            copy_rows<BQ, HEAD_DIM_V, LayoutV>(do_tile, do_rows, do_aligned);
            commit_copies();
            for (int i = threadIdx.x; i < BQ; i += THREADS) {
                const bool exists = first + i < sequence.q_len;
                lse_tile[i] = exists ? finite_lse(lse[(first + i) * lse_position]) : 0.f;
                delta_tile[i] = exists ? delta_[sums_row + first + i] : 0.f;
            }
            wait_copies<0>();
            __syncthreads();

            float p[BQ / 8][4] = {}, ds[BQ / 8][4] = {};
            multiply_rows<BQ, dim, LayoutK>(p, shared_address(k_tile), row,
                                            shared_address(q_tile));
            if (WANTS_K)
                multiply_rows<BQ, dim_v, LayoutV>(ds, shared_address(v_tile), row,
                                                  shared_address(do_tile));
            const bool all = first + BQ <= sequence.q_len &&
                             sequence.sees_all(first, first + BQ - 1, first_key, BKV);
#pragma unroll
            for (int j = 0; j < BQ / 8; ++j)
#pragma unroll
                for (int q = 0; q < 4; ++q) {
                    const int column = j * 8 + lane % 4 * 2 + q % 2;
                    const int key = first_key + row + q / 2 * 8 + lane / 4;
                    const bool seen = all || (first + column < sequence.q_len &&
                                              sequence.sees(first + column, key));
                    weigh(p[j][q], ds[j][q], lse_tile[column], delta_tile[column], scale_, seen);
                }
            if (WANTS_V)
                add_weighted<BQ, dim_v, LayoutV>(dv, p, shared_address(do_tile));
            if (WANTS_K) add_weighted<BQ, dim, LayoutK>(dk, ds, shared_address(q_tile));
#if WANTS_K && !DETERMINISTIC
            unsigned char* const s_tile = reinterpret_cast<unsigned char*>(delta_tile + BQ);
#pragma unroll
            for (int j = 0; j < BQ / 8; ++j)
#pragma unroll
                for (int half = 0; half < 2; ++half)
                    *reinterpret_cast<unsigned*>(
                        s_tile + LayoutS::offset(row + half * 8 + lane / 4, j) + lane % 4 * 4) =
                        pack(ds[j][half * 2], ds[j][half * 2 + 1]);
            __syncthreads();
            add_queries(dq_sums + sums_row * HEAD_DIM, first, sequence.q_len,
                        shared_address(s_tile), shared_address(k_tile));
#endif
        }
    }
    wait_copies<0>(); // of keys, where no query sees them

    if (WANTS_K)
        store_rows<dim, HEAD_DIM>(dk_ + places.keys.of(dk_batch, dk_position) + kv_head * dk_head,
                                  dk_position, first_key + row, sequence.kv_len, dk, 1.f);
    if (WANTS_V)
        store_rows<dim_v, HEAD_DIM_V>(
            dv_ + places.keys.of(dv_batch, dv_position) + kv_head * dv_head, dv_position,
            first_key + row, sequence.kv_len, dv, 1.f);
}

// --- gradients of queries ------------------------------------------------------------------------

#if DETERMINISTIC
// A block for each tile of BKV queries, whose warps hold 16 each, going through tiles of BQ keys:
// the same shapes as above with the parts of queries and keys exchanged.
extern "C" __global__ void __launch_bounds__(THREADS, MIN_BLOCKS)
    attention_queries(BACKWARD_PARAMETERS) {
    extern __shared__ __align__(128) unsigned char shared[];
    unsigned char* const q_tile = shared;
    unsigned char* const do_tile = q_tile + LayoutK::bytes(BKV);
    unsigned char* const k_tile = do_tile + LayoutV::bytes(BKV);
    unsigned char* const v_tile = k_tile + LayoutK::bytes(BQ);

    const unsigned tiles = static_cast<unsigned>((q_len_ + BKV - 1) / BKV);
    const int first = static_cast<int>(blockIdx.x % tiles) * BKV;
    const unsigned sequence_head = blockIdx.x / tiles;
    const int head = static_cast<int>(sequence_head % heads_);
    const int batch = static_cast<int>(sequence_head / heads_);
    const int kv_head = head / static_cast<int>(heads_ / kv_heads_);
    const Places places(batch, q_offsets, kv_offsets, q_len_, kv_len_);
    const Sequence sequence = places.sequence;
    if (first >= sequence.q_len) return;
    const int last = min(sequence.q_len, first + BKV) - 1;

    const KeyRows q_rows{q_ + places.queries.of(q_batch, q_position) + head * q_head, q_position, 0,
                         nullptr, first, sequence.q_len};
    const KeyRows do_rows{do_ + places.queries.of(do_batch, do_position) + head * do_head,
                          do_position, 0, nullptr, first, sequence.q_len};
    copy_rows<BKV, HEAD_DIM, LayoutK>(q_tile, q_rows,
                                      aligned_16(q_, {q_batch, q_position, q_head}));
    copy_rows<BKV, HEAD_DIM_V, LayoutV>(do_tile, do_rows,
                                        aligned_16(do_, {do_batch, do_position, do_head}));
    commit_copies();
    const bool k_aligned = aligned_16(k_, {k_batch, k_position, k_head});
    const bool v_aligned = aligned_16(v_, {v_batch, v_position, v_head});
    KeyRows k_rows{k_ + places.keys.of(k_batch, k_position) + kv_head * k_head, k_position, 0,
                   nullptr, 0, sequence.kv_len};
    KeyRows v_rows{v_ + places.keys.of(v_batch, v_position) + kv_head * v_head, v_position, 0,
                   nullptr, 0, sequence.kv_len};

    const int lane = threadIdx.x % 32, row = threadIdx.x / 32 * 16;
    const float* const lse = lse_ + places.queries.of(lse_batch, lse_position) + head * lse_head;
    const long long sums_row = row_of(batch, head, heads_, q_len_);
    float row_lse[2], row_delta[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const int position = min(last, first + row + half * 8 + lane / 4);
        row_lse[half] = finite_lse(lse[position * lse_position]);
        row_delta[half] = delta_[sums_row + position];
    }

    float dq[dim / 8][4] = {};
    const Range keys = sequence.visible(first, last);
    for (int first_key = keys.first / BQ * BQ; first_key < keys.last; first_key += BQ) {
        __syncthreads(); // nobody reads the last tile any more
        k_rows.first = v_rows.first = first_key;
        copy_rows<BQ, HEAD_DIM, LayoutK>(k_tile, k_rows, k_aligned);
        copy_rows<BQ, HEAD_DIM_V, LayoutV>(v_tile, v_rows, v_aligned);
        commit_copies();
        wait_copies<0>();
        __syncthreads();

        float p[BQ / 8][4] = {}, ds[BQ / 8][4] = {};
        multiply_rows<BQ, dim, LayoutK>(p, shared_address(q_tile), row, shared_address(k_tile));
        multiply_rows<BQ, dim_v, LayoutV>(ds, shared_address(do_tile), row,
                                          shared_address(v_tile));
        const bool all = sequence.sees_all(first, last, first_key, BQ);
#pragma unroll
        for (int j = 0; j < BQ / 8; ++j)
#pragma unroll
            for (int q = 0; q < 4; ++q) {
                const int key = first_key + j * 8 + lane % 4 * 2 + q % 2;
                const int position = min(last, first + row + q / 2 * 8 + lane / 4);
                weigh(p[j][q], ds[j][q], row_lse[q / 2], row_delta[q / 2], scale_,
                      all || sequence.sees(position, key));
            }
        add_weighted<BQ, dim, LayoutK>(dq, ds, shared_address(k_tile));
    }
    wait_copies<0>(); // of queries, where there was no key to see
    store_rows<dim, HEAD_DIM>(dq_ + places.queries.of(dq_batch, dq_position) + head * dq_head,
                              dq_position, first + row, sequence.q_len, dq, 1.f);
}
#else
// Sums to elements of dQ: a warp for each query.
extern "C" __global__ void __launch_bounds__(128) attention_convert(BACKWARD_PARAMETERS) {
    const unsigned tiles = static_cast<unsigned>((q_len_ + 3) / 4);
    const int position = static_cast<int>(blockIdx.x % tiles * 4 + threadIdx.x / 32);
    const unsigned sequence_head = blockIdx.x / tiles;
    const int head = static_cast<int>(sequence_head % heads_);
    const int batch = static_cast<int>(sequence_head / heads_);
    const Places places(batch, q_offsets, kv_offsets, q_len_, kv_len_);
    if (position >= places.sequence.q_len) return;
    const float* const from =
        dq_sums + (row_of(batch, head, heads_, q_len_) + position) * HEAD_DIM;
    Element* const to = dq_ + places.queries.of(dq_batch, dq_position) + position * dq_position +
                        head * dq_head;
    for (int column = threadIdx.x % 32; column < HEAD_DIM; column += 32)
        narrow(to[column], from[column]);
}
#endif
