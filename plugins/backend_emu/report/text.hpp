// Numbers as messages show them.
#pragma once

#include "types.hpp"

#include <string>

namespace hone::emu {

[[nodiscard]] std::string hex(u64 value); // "0xff"
// "thread 5 (warp 0, lane 5)"
[[nodiscard]] std::string thread_name(int warp, int lane);
// "lanes 0-3, 7"
[[nodiscard]] std::string lanes_text(LaneMask mask);

} // namespace hone::emu
