#include "hone/known_gpus.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace hone {

namespace {

constexpr std::int64_t mib = 1 << 20;
constexpr std::int64_t registers_per_core = 65536; // of every architecture since sm_50

// Where each number is from is in docs/known_gpus.md. They are in the buckets that a device model
// has: clocks in 50 MHz, power in 25 W, bandwidth to two digits. Names are the driver's, without
// "NVIDIA" and "Tesla". A card whose maker changed clocks or power has another model: `hone doctor
// --export-device` writes it.
struct Row {
    const char* name;
    const char* arch;
    std::int64_t cores, shared_bytes, shared_bytes_per_core, l2_mib, memory_gib, bandwidth_gbps;
    std::int64_t clock_mhz, memory_clock_mhz, power_watts;
};
// The first of an architecture is its typical one.
// clang-format off
constexpr Row rows[] = {
    {"T4", "sm_75", 40, 65536, 65536, 4, 16, 320, 1600, 5000, 75},
    {"A100-SXM4-80GB", "sm_80", 108, 166912, 167936, 40, 80, 2000, 1400, 1600, 400},
    {"A100-SXM4-40GB", "sm_80", 108, 166912, 167936, 40, 40, 1600, 1400, 1200, 400},
    {"A100 80GB PCIe", "sm_80", 108, 166912, 167936, 40, 80, 1900, 1400, 1500, 300},
    {"A30", "sm_80", 56, 166912, 167936, 24, 24, 930, 1450, 1200, 175},
    {"A10", "sm_86", 72, 101376, 102400, 6, 24, 600, 1700, 6250, 150},
    {"GeForce RTX 3090", "sm_86", 82, 101376, 102400, 6, 24, 940, 2100, 9750, 350},
    {"L40S", "sm_89", 142, 101376, 102400, 96, 48, 860, 2500, 9000, 350},
    {"L4", "sm_89", 58, 101376, 102400, 48, 24, 300, 2050, 6250, 75},
    {"GeForce RTX 4090", "sm_89", 128, 101376, 102400, 72, 24, 1000, 3100, 10500, 450},
    {"H100 80GB HBM3", "sm_90a", 132, 232448, 233472, 50, 80, 3400, 2000, 2600, 700},
    {"H100 PCIe", "sm_90a", 114, 232448, 233472, 50, 80, 2000, 1750, 1600, 350},
    {"H100 NVL", "sm_90a", 132, 232448, 233472, 50, 94, 3900, 1800, 2600, 400},
    {"H800", "sm_90a", 132, 232448, 233472, 50, 80, 3400, 2000, 2600, 700},
    {"H20", "sm_90a", 78, 232448, 233472, 60, 96, 4000, 2000, 2600, 500},
    {"H200", "sm_90a", 132, 232448, 233472, 60, 141, 4800, 2000, 3200, 700},
    {"B200", "sm_100a", 148, 232448, 233472, 126, 180, 8000, 1950, 4000, 1000},
    {"GeForce RTX 5090", "sm_120a", 170, 101376, 102400, 96, 32, 1800, 3100, 14000, 575},
};
// clang-format on

DeviceModel model(const Row& row) {
    DeviceModel gpu;
    gpu.backend = "cuda";
    gpu.arch = row.arch;
    gpu.name = row.name;
    gpu.cores = row.cores;
    gpu.shared_bytes = row.shared_bytes;
    gpu.registers = registers_per_core;
    gpu.l1_bytes = row.shared_bytes_per_core;
    gpu.l2_bytes = row.l2_mib * mib;
    gpu.memory_gib = row.memory_gib;
    gpu.bandwidth_gbps = row.bandwidth_gbps;
    gpu.clock_mhz = row.clock_mhz;
    gpu.memory_clock_mhz = row.memory_clock_mhz;
    gpu.power_watts = row.power_watts;
    return gpu;
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

// "sm_90a" and "sm_90" are one architecture, of which the first can do more.
std::string_view plain_arch(std::string_view arch) {
    if (!arch.empty() && (arch.back() == 'a' || arch.back() == 'f')) arch.remove_suffix(1);
    return arch;
}

} // namespace

std::vector<DeviceModel> known_gpus() {
    std::vector<DeviceModel> gpus;
    for (const Row& row : rows) gpus.push_back(model(row));
    return gpus;
}

std::optional<DeviceModel> known_gpu(std::string_view name_or_arch) {
    for (DeviceModel& gpu : known_gpus()) {
        if (equal_but_for_case(gpu.name, name_or_arch)) return std::move(gpu);
        if (plain_arch(gpu.arch) != plain_arch(name_or_arch)) continue;
        // As asked for: a program for sm_90 must not use what only sm_90a has.
        gpu.arch = name_or_arch;
        return std::move(gpu);
    }
    return std::nullopt;
}

} // namespace hone
