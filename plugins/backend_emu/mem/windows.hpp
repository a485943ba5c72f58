// Where generic addresses of each space lie.
#pragma once

#include "types.hpp"

namespace hone::emu {

// The low half of a generic address is the address inside its window, as kernels assume when they
// narrow a generic address of shared memory.
inline constexpr u64 shared_window = u64{1} << 40;
inline constexpr u64 local_window = u64{2} << 40;
inline constexpr u64 param_window = u64{3} << 40;
inline constexpr u64 function_window = u64{4} << 40; // 16 bytes for each function of a module
inline constexpr u64 window_bytes = u64{1} << 32;
inline constexpr u64 global_base = u64{1} << 44; // everything from here on is global

// Shared memory starts here, so that a null pointer is outside.
inline constexpr u32 shared_base = 1024;

} // namespace hone::emu
