// Carries out one launch on the host.
#pragma once

#include "bound_step.hpp"
#include "device_memory.hpp"

namespace fake {

// Computes and behaves as the kernel's text says. Throws Fault; may also never return or end the
// process, when that is its behaviour.
void execute(const BoundStep& step, DeviceMemory& memory);

} // namespace fake
