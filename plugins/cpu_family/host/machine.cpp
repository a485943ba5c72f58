#include "cpu_family/host/machine.hpp"

#include <algorithm>
#include <string_view>

namespace hone::cpu_family {

Machine Machine::from(const DeviceModel& device) {
    const auto has = [&](std::string_view feature) {
        return std::find(device.features.begin(), device.features.end(), feature) !=
               device.features.end();
    };
    Machine machine;
    machine.threads = std::max<std::int64_t>(1, device.cores);
    if (has("avx512f") && has("avx512vl")) {
        machine.vector_floats = 16;
        machine.registers = 32;
        machine.half = true;
        machine.pairs = has("avx512bf16");
    } else if (has("avx2") && has("fma")) {
        machine.vector_floats = 8;
        machine.half = has("f16c");
    } else if (device.arch == "aarch64") {
        machine.registers = 32;
        machine.half = true;
    }
    return machine;
}

} // namespace hone::cpu_family
