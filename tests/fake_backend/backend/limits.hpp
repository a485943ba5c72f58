// The fake device, in numbers.
#pragma once

#include <array>
#include <cstdint>

namespace fake {

inline constexpr std::int64_t shared_bytes_per_block = 99 * 1024;
inline constexpr std::int64_t threads_per_block = 1024;
inline constexpr std::array<int, 3> largest_block{1024, 1024, 64};
inline constexpr std::int64_t multiprocessors = 16;
inline constexpr std::int64_t clock_khz = 1'500'000;

} // namespace fake
