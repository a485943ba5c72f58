// Steps of one field packed into an attribute: 5 bits each, index + 1, first step lowest.
#pragma once

#include <cstdint>

namespace hone {

inline constexpr int step_bits = 5;
inline constexpr int max_steps = 12;   // 60 bits: the attribute stays positive
inline constexpr int max_choices = 31; // of one field of steps

} // namespace hone
