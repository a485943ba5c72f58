#include "architectures.hpp"

#include <array>

namespace hone::emu {
namespace {

// CUDA C++ Programming Guide, table of technical specifications per compute capability.
struct Known {
    const char* name;
    std::int64_t shared_kib; // per block, opted in
    std::int64_t l1_kib;     // shared memory and cache of an SM
    std::int64_t cores, l2_mib;
};
constexpr std::array<Known, 7> known{{
    {"sm_75", 64, 96, 40, 4},
    {"sm_80", 163, 192, 108, 40},
    {"sm_86", 99, 128, 84, 6},
    {"sm_89", 99, 128, 128, 72},
    {"sm_90", 227, 256, 132, 50},
    {"sm_90a", 227, 256, 132, 50},
    {"sm_120", 99, 128, 170, 96},
}};

} // namespace

std::optional<DeviceModel> architecture(std::string_view name) {
    for (const Known& each : known) {
        if (name != each.name) continue;
        DeviceModel model;
        model.backend = "emu";
        model.arch = each.name;
        model.name = "emulator";
        model.cores = each.cores;
        model.shared_bytes = each.shared_kib << 10;
        model.registers = 65536;
        model.l1_bytes = each.l1_kib << 10;
        model.l2_bytes = each.l2_mib << 20;
        return model;
    }
    return std::nullopt;
}

std::string architecture_names() {
    std::string names;
    for (const Known& each : known) (names += names.empty() ? "" : ", ") += each.name;
    return names;
}

std::string virtual_architecture(const DeviceModel& model) {
    return "compute_" + model.arch.substr(3);
}

} // namespace hone::emu
