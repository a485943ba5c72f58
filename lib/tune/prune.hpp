// What a compiler's word and a device's limits say of a candidate before it meets a device.
#pragma once

#include "hone/device.hpp"
#include "hone/program.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace hone {

// Largest registers, spills and stack of the modules, and the shared memory (static and dynamic) of
// the step that takes most.
[[nodiscard]] Resources resources_of(const Program& program, std::span<const Binary> binaries);

// Why a candidate cannot run on the device or is not worth its time: threads, registers, shared
// memory, spills. Empty when nothing is against it; limits that the model leaves 0 are not checked.
[[nodiscard]] std::string objection(const Program& program, std::span<const Binary> binaries,
                                    const DeviceModel& device, std::int64_t most_spill_bytes);

} // namespace hone
