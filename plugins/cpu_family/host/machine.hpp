// What of a device the kernels are shaped by.
#pragma once

#include "hone/device.hpp"

#include <cstdint>

namespace hone::cpu_family {

struct Machine {
    std::int64_t vector_floats = 4; // f32 sums in one of the widest vectors
    std::int64_t registers = 16;    // vector registers
    bool half = false;              // converts f16
    bool pairs = false;             // adds the products of two bf16 to a float at once
    std::int64_t threads = 1;

    [[nodiscard]] static Machine from(const DeviceModel& device);
};

} // namespace hone::cpu_family
