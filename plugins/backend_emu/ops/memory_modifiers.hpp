// Modifiers common to loads, stores and atomics.
#pragma once

#include "decode/decoder.hpp"

namespace hone::emu {

// Takes strength, scope, space and cache hints; sets inst_flag::strong, acquire and release.
ptx::Space take_memory_modifiers(Decoder& in);

} // namespace hone::emu
