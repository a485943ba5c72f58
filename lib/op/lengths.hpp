// Sizes that a problem draws from a distribution: lengths of sequences, sizes of groups.
#pragma once

#include "hone/attention.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hone {

// Slots of the attributes that hold a Lengths.
struct LengthSlots {
    int kind, low, high, seed, s;
};

// PREFIX.distribution, .seed and .s; with bounds also .low and .high.
[[nodiscard]] std::vector<Field> length_fields(const std::string& prefix, const LengthSlots& slots,
                                               bool bounds);
// As stored, unchecked.
[[nodiscard]] Lengths lengths_from(const Problem& problem, const LengthSlots& slots, bool bounds);
void store_lengths(const Lengths& lengths, const LengthSlots& slots, bool bounds, Problem& problem);
// Throws Error(workload) when a key is stated that the distribution does not use, or bounds or s
// are out of range.
void validate_lengths(const Lengths& lengths, const std::string& prefix, bool bounds);

// `count` lengths in [low, high]. zipf: low + r with probability proportional to (r + 1)^-s, drawn
// by inverting the distribution function of the continuous law between 1 and high - low + 2.
[[nodiscard]] std::vector<std::int64_t> draw_lengths(const Lengths& lengths, std::int64_t count);

// Splits `total` into `groups` sizes of that sum. fixed: equal. uniform: in proportion to uniform
// draws. zipf: the group of rank r gets a share proportional to r^-s, ranks in random order.
[[nodiscard]] std::vector<std::int64_t> share_out(const Lengths& lengths, std::int64_t total,
                                                  std::int64_t groups);

// 0 and the running sums: where each begins, and the total.
[[nodiscard]] std::vector<std::int64_t> offsets_of(std::span<const std::int64_t> lengths);

} // namespace hone
