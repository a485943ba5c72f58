// How kernels are compiled: a function of the device model alone, so that any machine can do it.
#pragma once

#include "hone/device.hpp"

#include <string>
#include <vector>

namespace hone::cpu {

// Arguments of `clang -cc1` that go before the module's own options, without the source's name.
[[nodiscard]] std::vector<std::string> compiler_arguments(const DeviceModel& device);

// The language by the extension of a module's name: "c++" with .cpp, .cc or none, "c" with .c.
[[nodiscard]] std::vector<std::string> language_arguments(const std::string& module_name);

} // namespace hone::cpu
