// A card that others compute on gives times that mean nothing.
#pragma once

#include "driver.hpp"
#include "hone/device.hpp"
#include "nvml.hpp"

namespace hone::cuda {

// Throws Error(unavailable) when another process computes on the device, or when it is under MPS,
// where one client's fault would end all. Waits a moment for a process that is just ending. To be
// called before this process has a context on it.
void require_unshared(const Driver& driver, const Nvml& nvml, const Device& device);

} // namespace hone::cuda
