// Attention forward on matrix units: a block goes through the keys of one tile of queries and keeps
// a running softmax (Dao, FlashAttention-2, 2023, algorithm 1; online softmax: Milakov and
// Gimelshein, 2018).
//
// A warp has WM rows of queries. Products of queries and keys, 16 x 8 sums at a time, become weights
// in place, whose fragments as sums are those of the first operand of the next product.
//
// Macros from the config: BQ BKV WM STAGES PACK SPLIT Q_IN_REGISTERS MIN_BLOCKS, THREADS; HAS_LSE;
// and those of attention.cuh and matrix.cuh. With SPLIT > 1 a block goes through a part of the keys
// and leaves its output and log-sum-exp to attention_combine.

#define FORWARD_PARAMETERS                                                                         \
    const Element *q_, const Element *k_, const Element *v_, const int *q_offsets,                 \
        const int *kv_offsets, const int *block_table, Element *o_, float *lse_, float *partial_o, \
        float *partial_lse, long long batch_, long long heads_, long long kv_heads_,               \
        long long q_len_, long long kv_len_, long long q_batch, long long q_position,              \
        long long q_head, long long k_batch, long long k_position, long long k_head,               \
        long long v_batch, long long v_position, long long v_head, long long o_batch,              \
        long long o_position, long long o_head, long long lse_batch, long long lse_position,       \
        long long lse_head, long long table_row, float scale_

constexpr int rows_per_warp = WM, fragments = WM / 16;
constexpr int key_fragments = BKV / 8, value_fragments = dim_v / 8;
static_assert(BQ == THREADS / 32 * WM);

constexpr int q_bytes = LayoutK::bytes(BQ), k_bytes = LayoutK::bytes(BKV),
              v_bytes = LayoutV::bytes(BKV);

// What a block computes.
struct Work {
    int tile, head, batch, slice;
    int kv_head;

    __device__ Work(int heads, int kv_heads, int q_len) {
        const unsigned tiles = (q_len + positions_per_tile - 1) / positions_per_tile;
        const unsigned groups = heads / PACK;
        // Late tiles have most keys under a causal mask, so they come first.
        tile = static_cast<int>(tiles - 1 - blockIdx.x / (groups * SPLIT) % tiles);
        slice = static_cast<int>(blockIdx.x % SPLIT);
        head = static_cast<int>(blockIdx.x / SPLIT % groups) * PACK;
        batch = static_cast<int>(blockIdx.x / (groups * SPLIT) / tiles);
        kv_head = head / (heads / kv_heads);
    }
};

// Running softmax of the thread's rows: in each fragment `lane / 4` and the one 8 below.
struct Softmax {
    float largest[fragments][2], sum[fragments][2];

    __device__ Softmax() {
#pragma unroll
        for (int i = 0; i < fragments; ++i)
#pragma unroll
            for (int half = 0; half < 2; ++half) largest[i][half] = lowest, sum[i][half] = 0;
    }
};

using Scores = float[fragments][key_fragments][4];
using Outputs = float[fragments][value_fragments][4];
using Queries = unsigned[fragments][dim / 16][4];

__device__ inline float row_max(float x) {
    x = fmaxf(x, __shfl_xor_sync(~0u, x, 1));
    return fmaxf(x, __shfl_xor_sync(~0u, x, 2));
}
__device__ inline float row_sum(float x) {
    x += __shfl_xor_sync(~0u, x, 1);
    return x + __shfl_xor_sync(~0u, x, 2);
}

// Products of the warp's queries and a tile of keys.
__device__ inline void multiply_keys(Scores& scores, const Queries& queries, unsigned q_tile,
                                     unsigned k_tile, int row) {
#pragma unroll
    for (int step = 0; step < dim / 16; ++step) {
        unsigned q[fragments][4];
#pragma unroll
        for (int i = 0; i < fragments; ++i) {
#if Q_IN_REGISTERS
#pragma unroll
            for (int w = 0; w < 4; ++w) q[i][w] = queries[i][step][w];
#else
            load_a<LayoutK>(q[i], q_tile, row + i * 16, step);
#endif
        }
#pragma unroll
        for (int j = 0; j < key_fragments; j += 2) {
            unsigned k[4];
            load_b<LayoutK>(k, k_tile, j * 8, step);
#pragma unroll
            for (int i = 0; i < fragments; ++i) {
                multiply_add(scores[i][j], q[i], k[0], k[1]);
                multiply_add(scores[i][j + 1], q[i], k[2], k[3]);
            }
        }
    }
}

// Products become weights 2^(score - largest); sums and outputs so far are scaled to the new largest.
__device__ inline void update(Softmax& softmax, Scores& scores, Outputs& outputs,
                              const Sequence& sequence, int first_position, int first_key,
                              bool masked, float scale, int row) {
    const int lane = threadIdx.x % 32;
    const float unit = score_unit(scale);
    float shrink[fragments][2];
    bool grown = false;
#pragma unroll
    for (int i = 0; i < fragments; ++i)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int position =
                first_position + (row + i * 16 + half * 8 + lane / 4) / PACK;
            float largest = softmax.largest[i][half];
#pragma unroll
            for (int j = 0; j < key_fragments; ++j)
#pragma unroll
                for (int q = 0; q < 2; ++q) {
                    float& x = scores[i][j][half * 2 + q];
                    if (!products_are_scores) x = score(x, scale);
                    if (masked && !sequence.sees(position, first_key + j * 8 + lane % 4 * 2 + q))
                        x = -INFINITY_F;
                    largest = fmaxf(largest, x);
                }
            largest = row_max(largest);
            grown |= largest > softmax.largest[i][half];
            shrink[i][half] = exp2_fast((softmax.largest[i][half] - largest) * unit);
            softmax.largest[i][half] = largest;
            const float base = -largest * unit;
            float sum = 0;
#pragma unroll
            for (int j = 0; j < key_fragments; ++j)
#pragma unroll
                for (int q = 0; q < 2; ++q) {
                    float& x = scores[i][j][half * 2 + q];
                    x = exp2_fast(fmaf(x, unit, base));
                    sum += x;
                }
            softmax.sum[i][half] = softmax.sum[i][half] * shrink[i][half] + sum;
        }
    // After the first tiles the largest scores seldom change, and all of this would be times 1.
    if (!__any_sync(~0u, grown)) return;
#pragma unroll
    for (int i = 0; i < fragments; ++i)
#pragma unroll
        for (int j = 0; j < value_fragments; ++j)
#pragma unroll
            for (int q = 0; q < 4; ++q) outputs[i][j][q] *= shrink[i][q / 2];
}

// outputs += weights x values.
__device__ inline void multiply_values(Outputs& outputs, const Scores& weights, unsigned v_tile) {
#pragma unroll
    for (int step = 0; step < BKV / 16; ++step) {
        unsigned p[fragments][4];
#pragma unroll
        for (int i = 0; i < fragments; ++i)
#pragma unroll
            for (int w = 0; w < 4; ++w)
                p[i][w] = pack(weights[i][2 * step + w / 2][w % 2 * 2],
                               weights[i][2 * step + w / 2][w % 2 * 2 + 1]);
#pragma unroll
        for (int j = 0; j < value_fragments; j += 2) {
            unsigned v[4];
            load_b_transposed<LayoutV>(v, v_tile, j * 8, step);
#pragma unroll
            for (int i = 0; i < fragments; ++i) {
                multiply_add(outputs[i][j], p[i], v[0], v[1]);
                multiply_add(outputs[i][j + 1], p[i], v[2], v[3]);
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, MIN_BLOCKS)
    attention_forward(FORWARD_PARAMETERS) {
    extern __shared__ __align__(128) unsigned char shared[];
    unsigned char* const q_tile = shared;
    unsigned char* const k_tiles = shared + q_bytes;
    unsigned char* const v_tiles = k_tiles + STAGES * k_bytes;

    const Work work(static_cast<int>(heads_), static_cast<int>(kv_heads_),
                    static_cast<int>(q_len_));
    const int q_begin = VARIABLE_Q ? q_offsets[work.batch] : 0;
    const bool known_lengths = VARIABLE_KV || PAGE_SIZE > 0;
    const int kv_begin = known_lengths ? kv_offsets[work.batch] : 0;
    const Sequence sequence{
        VARIABLE_Q ? q_offsets[work.batch + 1] - q_begin : static_cast<int>(q_len_),
        known_lengths ? kv_offsets[work.batch + 1] - kv_begin : static_cast<int>(kv_len_)};
    const int first_position = work.tile * positions_per_tile;
    if (first_position >= sequence.q_len) return;
    const int last_position = min(sequence.q_len, first_position + positions_per_tile) - 1;

    const long long q_from = VARIABLE_Q ? q_begin * q_position : work.batch * q_batch;
    const QueryRows q_rows{q_ + q_from + work.head * q_head, q_position, q_head, first_position,
                           sequence.q_len};
    // Pages hold the sequence's keys wherever they are.
    const auto begin_of = [&](long long of_batch, long long of_position) {
        if (PAGE_SIZE > 0) return 0ll;
        return VARIABLE_KV ? kv_begin * of_position : work.batch * of_batch;
    };
    const int* const pages = PAGE_SIZE > 0 ? block_table + work.batch * table_row : nullptr;
    KeyRows k_rows{k_ + begin_of(k_batch, k_position) + work.kv_head * k_head, k_position, k_batch,
                   pages, 0, sequence.kv_len};
    KeyRows v_rows{v_ + begin_of(v_batch, v_position) + work.kv_head * v_head, v_position, v_batch,
                   pages, 0, sequence.kv_len};
    const bool q_aligned = aligned_16(q_, {q_batch, q_position, q_head});
    const bool k_aligned = aligned_16(k_, {k_batch, k_position, k_head});
    const bool v_aligned = aligned_16(v_, {v_batch, v_position, v_head});

    // Tiles of keys, and the part of them that this slice goes through.
    const Range keys = sequence.visible(first_position, last_position);
    const int first_tile = keys.first / BKV, all = (keys.last + BKV - 1) / BKV - first_tile;
    const int each = (max(all, 0) + SPLIT - 1) / SPLIT;
    const int begin = first_tile + min(max(all, 0), work.slice * each);
    const int end = first_tile + min(max(all, 0), (work.slice + 1) * each);

    const auto copy_keys = [&](int tile) {
        k_rows.first = tile * BKV;
        copy_rows<BKV, HEAD_DIM, LayoutK>(k_tiles + (tile - begin) % STAGES * k_bytes, k_rows,
                                          k_aligned);
    };
    const auto copy_values = [&](int tile) {
        v_rows.first = tile * BKV;
        copy_rows<BKV, HEAD_DIM_V, LayoutV>(v_tiles + (tile - begin) % STAGES * v_bytes, v_rows,
                                            v_aligned);
    };

    const int row = threadIdx.x / 32 * WM;
    const unsigned q_address = shared_address(q_tile);
    Queries queries;
    Outputs outputs = {};
    Softmax softmax;

    copy_rows<BQ, HEAD_DIM, LayoutK>(q_tile, q_rows, q_aligned);
    if (begin < end) {
        copy_keys(begin);
        if (STAGES == 2) copy_values(begin);
    }
    commit_copies();
    for (int tile = begin; tile < end; ++tile) {
        const int stage = (tile - begin) % STAGES;
        wait_copies<0>();
        __syncthreads();
        if (STAGES == 2) { // the other stage is no longer read
            if (tile + 1 < end) {
                copy_keys(tile + 1);
                copy_values(tile + 1);
            }
        } else {
            copy_values(tile);
        }
        commit_copies();
#if Q_IN_REGISTERS
        if (tile == begin) {
#pragma unroll
            for (int i = 0; i < fragments; ++i)
#pragma unroll
                for (int step = 0; step < dim / 16; ++step)
                    load_a<LayoutK>(queries[i][step], q_address, row + i * 16, step);
        }
#endif
        Scores scores = {};
        multiply_keys(scores, queries, q_address, shared_address(k_tiles + stage * k_bytes), row);
        const bool masked =
            !sequence.sees_all(first_position, last_position, tile * BKV, BKV);
        update(softmax, scores, outputs, sequence, first_position, tile * BKV, masked, scale_, row);
        if (STAGES == 1) {
            wait_copies<0>(); // the values
            __syncthreads();  // and nobody reads the keys any more
            if (tile + 1 < end) copy_keys(tile + 1);
            commit_copies();
        }
        multiply_values(outputs, scores, shared_address(v_tiles + stage * v_bytes));
    }
    wait_copies<0>(); // of queries, where there was no key to see

    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < fragments; ++i)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const float sum = row_sum(softmax.sum[i][half]);
            const int r = row + i * 16 + half * 8 + lane / 4;
            const int position = first_position + r / PACK, head = work.head + r % PACK;
            if (r >= positions_per_tile * PACK || position > last_position) continue;
            // Nothing seen: the output is 0.
            const float inverse = sum > 0 ? 1.f / sum : 0.f;
            const float log_sum =
                sum > 0 ? softmax.largest[i][half] * score_unit(scale_) + log2f(sum) : -INFINITY_F;
#if SPLIT > 1
            const long long index =
                ((work.slice * batch_ + work.batch) * heads_ + head) * q_len_ + position;
            float* const to = partial_o + index * HEAD_DIM_V;
            if (lane % 4 == 0) partial_lse[index] = log_sum;
#else
            Element* const to = o_ + (VARIABLE_Q ? q_begin * o_position : work.batch * o_batch) +
                                position * o_position + head * o_head;
            if (HAS_LSE && lane % 4 == 0)
                lse_[(VARIABLE_Q ? q_begin * lse_position : work.batch * lse_batch) +
                     position * lse_position + head * lse_head] = log_sum * ln_2;
#endif
#pragma unroll
            for (int j = 0; j < value_fragments; ++j) {
                const int column = j * 8 + lane % 4 * 2;
                if (dim_v != HEAD_DIM_V && column >= HEAD_DIM_V) continue;
                const float x = outputs[i][j][half * 2] * inverse;
                const float y = outputs[i][j][half * 2 + 1] * inverse;
#if SPLIT > 1
                *reinterpret_cast<Run<float, 2>*>(to + column) = {x, y};
#else
                Run<Element, 2> pair;
                narrow(pair.x[0], x);
                narrow(pair.x[1], y);
                if (reinterpret_cast<unsigned long long>(to) % 4 == 0) {
                    *reinterpret_cast<Run<Element, 2>*>(to + column) = pair;
                } else {
                    to[column] = pair.x[0];
                    to[column + 1] = pair.x[1];
                }
#endif
            }
        }
}

#if SPLIT > 1
// Puts the parts together, weighted by their sums: a warp for each query and head, 4 queries to a
// block.
extern "C" __global__ void __launch_bounds__(128) attention_combine(FORWARD_PARAMETERS) {
    const long long rows = batch_ * heads_ * q_len_;
    const unsigned tiles = static_cast<unsigned>((q_len_ + 3) / 4);
    const int position = static_cast<int>(blockIdx.x % tiles * 4 + threadIdx.x / 32);
    if (position >= q_len_) return;
    const long long sequence_head = blockIdx.x / tiles;
    const long long row = sequence_head * q_len_ + position;
    const int head = static_cast<int>(sequence_head % heads_);
    const int batch = static_cast<int>(sequence_head / heads_);
    const int q_begin = VARIABLE_Q ? q_offsets[batch] : 0;
    if (VARIABLE_Q && position >= q_offsets[batch + 1] - q_begin) return;

    float largest = lowest, sum = 0;
#pragma unroll 1
    for (int i = 0; i < SPLIT; ++i) largest = fmaxf(largest, partial_lse[i * rows + row]);
#pragma unroll 1
    for (int i = 0; i < SPLIT; ++i) sum += exp2_fast(partial_lse[i * rows + row] - largest);
    const float inverse = sum > 0 ? 1.f / sum : 0.f;

    Element* const to = o_ + (VARIABLE_Q ? q_begin * o_position : batch * o_batch) +
                        position * o_position + head * o_head;
    for (int column = threadIdx.x % 32; column < HEAD_DIM_V; column += 32) {
        float x = 0;
#pragma unroll 1
        for (int i = 0; i < SPLIT; ++i) {
            const float weight = exp2_fast(partial_lse[i * rows + row] - largest);
            // A part without a sum left no output to speak of.
            if (weight > 0) x += weight * partial_o[(i * rows + row) * HEAD_DIM_V + column];
        }
        narrow(to[column], x * inverse);
    }
    if (HAS_LSE && threadIdx.x % 32 == 0)
        lse_[(VARIABLE_Q ? q_begin * lse_position : batch * lse_batch) +
             position * lse_position + head * lse_head] =
            sum > 0 ? (largest + log2f(sum)) * ln_2 : -INFINITY_F;
}
#endif
