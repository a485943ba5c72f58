// The parts of the attention operations, one file each.
#pragma once

#include "hone/attention.hpp"
#include "lib/op/lengths.hpp"

#include <span>
#include <vector>

namespace hone {

// Slots of both schemas.
enum AttentionAttribute {
    attention_layout,
    attention_causal,
    attention_window,
    attention_softcap,
    attention_explicit_scale,
    attention_lse,
    attention_page_size,
    attention_variable_q,
    attention_lengths,
    attention_low,
    attention_high,
    attention_seed,
    attention_s,
};
inline constexpr LengthSlots attention_length_slots{attention_lengths, attention_low,
                                                    attention_high, attention_seed, attention_s};

[[nodiscard]] const Schema& attention_schema(bool backward);
// Throws Error(workload).
void validate_attention(const Attention& attention);

[[nodiscard]] std::vector<ArgSpec> attention_args(const Attention& attention);
[[nodiscard]] std::vector<ArgSpec> attention_backward_args(const Attention& attention);
void make_attention_inputs(const Attention& attention, Distribution distribution,
                           std::uint64_t seed, std::span<const HostTensor> args);
void make_attention_backward_inputs(const Attention& attention, Distribution distribution,
                                    std::uint64_t seed, std::span<const HostTensor> args);
// o and, when it is an output, lse.
[[nodiscard]] std::vector<ReferenceRows> attention_reference(const Attention& attention,
                                                             std::span<const HostTensor> args,
                                                             const RowSelection& selection,
                                                             Operation::Arithmetic arithmetic);
// dq, dk and dv.
[[nodiscard]] std::vector<ReferenceRows>
attention_backward_reference(const Attention& attention, std::span<const HostTensor> args,
                             const RowSelection& selection, Operation::Arithmetic arithmetic);
[[nodiscard]] Attention attention_proxy(const Attention& attention, std::span<const Tile> tiles);

// Pairs of a query and a key it sees, over the batch, of one head.
[[nodiscard]] double visible_pairs(const Attention& attention);

} // namespace hone
