// Steps of one field packed into an attribute: 5 bits each, index + 1, first step lowest.
#pragma once

#include <cstdint>
#include <vector>

namespace hone {

inline constexpr int step_bits = 5;
inline constexpr int max_steps = 12;   // 60 bits: the attribute stays positive
inline constexpr int max_choices = 31; // of one field of steps

// A Step is an enum in the order of its field's choices.
template <typename Step>
[[nodiscard]] std::int64_t pack_steps(const std::vector<Step>& steps) noexcept {
    std::int64_t packed = 0;
    int shift = 0;
    for (const Step step : steps) {
        packed |= (static_cast<std::int64_t>(step) + 1) << shift;
        shift += step_bits;
    }
    return packed;
}

template <typename Step> [[nodiscard]] std::vector<Step> unpack_steps(std::int64_t packed) {
    std::vector<Step> steps;
    for (auto rest = static_cast<std::uint64_t>(packed); rest != 0; rest >>= step_bits) {
        steps.push_back(static_cast<Step>((rest & ((1U << step_bits) - 1)) - 1));
    }
    return steps;
}

} // namespace hone
