// What the driver and NVML say about a card, as a device model.
#pragma once

#include "driver.hpp"
#include "hone/device.hpp"
#include "nvml.hpp"

#include <cstdint>
#include <string>

namespace hone::cuda {

[[nodiscard]] DeviceModel device_model(const Driver& driver, const Nvml& nvml, int ordinal);
[[nodiscard]] std::string bus_id(const Driver& driver, int ordinal);

// The target that uses all a card has: "sm_80", "sm_90a", "sm_120a".
[[nodiscard]] std::string arch_of(int major, int minor);
// The nominal size of a memory of which the driver shows a little less (ECC, hypervisors).
[[nodiscard]] std::int64_t memory_class_gib(std::uint64_t bytes);
// To two digits.
[[nodiscard]] std::int64_t bandwidth_class(double gbps);
// Without what every card's name begins with.
[[nodiscard]] std::string plain_name(std::string name);

} // namespace hone::cuda
