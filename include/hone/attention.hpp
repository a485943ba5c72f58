// Typed view of attention problems, forward and backward.
#pragma once

#include "hone/operation.hpp"

#include <cstdint>

namespace hone {

enum class AttentionLayout : std::uint8_t { bshd, bhsd };

// Lengths of a batch: all q_len / kv_len, or drawn from a distribution that belongs to the problem.
struct Lengths {
    enum class Kind : std::uint8_t { fixed, uniform, zipf };
    Kind kind = Kind::fixed;
    std::int64_t low = 1, high = 1; // both included
    std::int64_t seed = 0;
    double s = 1.1; // zipf exponent
};

struct Attention {
    // Positions in Operation::args, forward. Offsets: cumulative lengths, s32, batch + 1 entries.
    enum Arg {
        q_arg,
        k_arg,
        v_arg,
        q_offsets_arg,
        kv_offsets_arg,
        block_table_arg,
        scale_arg,
        o_arg,
        lse_arg
    };
    // Backward: o and lse are inputs, and the three outputs come last.
    enum BackwardArg {
        bq_arg,
        bk_arg,
        bv_arg,
        bo_arg,
        bdo_arg,
        blse_arg,
        bq_offsets_arg,
        bkv_offsets_arg,
        bscale_arg,
        dq_arg,
        dk_arg,
        dv_arg
    };
    enum Dim {
        batch_dim,
        heads_dim,
        kv_heads_dim,
        q_len_dim,
        kv_len_dim,
        head_dim_dim,
        head_dim_v_dim
    };

    bool backward = false;
    std::int64_t batch = 1, heads = 1, kv_heads = 1, q_len = 1, kv_len = 1;
    std::int64_t head_dim = 64, head_dim_v = 64;
    DType dtype = DType::f32;
    AttentionLayout layout = AttentionLayout::bshd;
    bool causal = false;         // aligned bottom-right
    std::int64_t window = 0;     // keys visible to the left of the diagonal; 0: all
    double softcap = 0;          // s = softcap * tanh(s / softcap); 0: none
    bool explicit_scale = false; // scale is an argument; else 1/sqrt(head_dim)
    bool lse = false;            // log-sum-exp is an output
    std::int64_t page_size = 0;  // paged KV by block table; 0: contiguous
    Lengths lengths;             // of kv; fixed: every sequence has kv_len keys
    bool variable_q = false;     // q lengths equal the kv lengths (packed self-attention)

    [[nodiscard]] static Attention from(const Problem& problem);
    [[nodiscard]] Problem problem() const;
};

[[nodiscard]] const Operation& attention_operation();
[[nodiscard]] const Operation& attention_backward_operation();

} // namespace hone
