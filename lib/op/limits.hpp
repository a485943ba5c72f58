// The largest extents that a problem may have.
#pragma once

#include <cstdint>
#include <limits>

namespace hone {

// Nothing larger is a tensor someone could mean, and element counts below it cannot overflow.
inline constexpr std::int64_t largest_tensor_elements = std::int64_t{1} << 46;
// Kernels index rows and tokens with 32 bits.
inline constexpr std::int64_t largest_index = std::numeric_limits<std::int32_t>::max();

} // namespace hone
