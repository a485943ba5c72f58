// Kinds of barrier instructions, as Inst::kind.
#pragma once

#include "types.hpp"

namespace hone::emu {

enum class BarrierKind : u8 { sync, arrive, red_popc, red_and, red_or };

} // namespace hone::emu
