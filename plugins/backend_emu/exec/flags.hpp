// Inst::flags that more than one part knows.
#pragma once

#include "types.hpp"

namespace hone::emu::inst_flag {

inline constexpr u16 whole_warp = 1;     // every lane of the warp executes it together
inline constexpr u16 negated_source = 2; // the predicate operand is negated
inline constexpr u16 shared_64 = 4;      // the address register is 64 bits wide
inline constexpr u16 strong = 8;         // volatile, relaxed, acquire or release
inline constexpr u16 acquire = 16;
inline constexpr u16 release = 32;
inline constexpr u16 no_base = 64;       // the address is immediate only
inline constexpr u16 followed = 1 << 15; // touches registers that may be undefined

} // namespace hone::emu::inst_flag
