// Fixed-width types under PTX's own names.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hone::emu {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
__extension__ using s128 = __int128;
__extension__ using u128 = unsigned __int128;

inline constexpr int lanes = 32;
using LaneMask = u32; // bit i: lane i
inline constexpr LaneMask all_lanes = 0xFFFFFFFFu;

} // namespace hone::emu
