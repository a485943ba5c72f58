// What the emulator stands for.
#pragma once

#include "hone/device.hpp"

#include <optional>
#include <string_view>

namespace hone::emu {

// Model of "sm_80" and the like, with the shared memory limit of the architecture and the size of
// its usual card. Nothing for an architecture that is not emulated.
[[nodiscard]] std::optional<DeviceModel> architecture(std::string_view name);
[[nodiscard]] std::string architecture_names(); // for messages

// "compute_80" of "sm_80"
[[nodiscard]] std::string virtual_architecture(const DeviceModel& model);

} // namespace hone::emu
