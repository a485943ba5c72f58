// What an access costs beyond its instruction, by the hardware's documented rules: 32 banks of 4
// bytes, sectors of 32 bytes. No latency, cache or occupancy.
#pragma once

#include "types.hpp"

#include <array>

namespace hone::emu {

// Passes beyond the least that so many bytes need. 8-byte accesses go by half warps, 16-byte ones
// by quarters.
[[nodiscard]] u32 bank_conflict_cycles(const std::array<u64, lanes>& offset, LaneMask mask,
                                       u32 bytes) noexcept;
// Distinct 32-byte sectors.
[[nodiscard]] u32 sectors(const std::array<u64, lanes>& address, LaneMask mask, u32 bytes) noexcept;

} // namespace hone::emu
