#include "cuda_family/host/target.hpp"

#include <algorithm>
#include <cctype>

namespace hone::cuda_family {
namespace {

// CUDA C++ Programming Guide, technical specifications per compute capability: shared memory per
// block and per SM, threads per SM.
struct Limits {
    int arch;
    std::int64_t block_kib, sm_kib, threads;
};
constexpr Limits known[] = {
    {75, 64, 64, 1024},    {80, 163, 164, 2048}, {86, 99, 100, 1536},   {87, 163, 164, 1536},
    {89, 99, 100, 1536},   {90, 227, 228, 2048}, {100, 227, 228, 2048}, {103, 227, 228, 2048},
    {110, 227, 228, 1536}, {120, 99, 100, 1536}, {121, 99, 100, 1536},
};

// Of every SM; a block uses 1 KiB of shared memory for the system from sm_80 on.
constexpr std::int64_t most_blocks = 16, system_bytes = 1024;
constexpr std::int64_t register_unit = 8, warp = 32;

std::int64_t round_up(std::int64_t value, std::int64_t unit) {
    return (value + unit - 1) / unit * unit;
}

} // namespace

Target Target::from(const DeviceModel& device) {
    Target target;
    if (!device.arch.starts_with("sm_")) return target;
    for (std::size_t i = 3; i < device.arch.size() && std::isdigit(device.arch[i]) != 0; ++i)
        target.arch = target.arch * 10 + (device.arch[i] - '0');
    // An architecture that came later has at least what the last one before it has.
    Limits limits = known[0];
    for (const Limits& one : known)
        if (one.arch <= target.arch) limits = one;
    target.shared_bytes = device.shared_bytes > 0 ? device.shared_bytes : limits.block_kib << 10;
    target.sm_shared_bytes = std::max(limits.sm_kib << 10, target.shared_bytes);
    if (device.registers > 0) target.registers = device.registers;
    target.sm_threads = limits.threads;
    target.sms = std::max<std::int64_t>(1, device.cores);
    return target;
}

std::int64_t Target::resident_blocks(std::int64_t threads, std::int64_t registers_each,
                                     std::int64_t shared) const {
    const std::int64_t block_registers =
        round_up(registers_each, register_unit) * round_up(threads, warp);
    const std::int64_t by_shared =
        sm_shared_bytes / std::max<std::int64_t>(1, shared + (arch >= 80 ? system_bytes : 0));
    return std::min({most_blocks, sm_threads / threads,
                     registers / std::max<std::int64_t>(1, block_registers), by_shared});
}

std::string objection(const DeviceModel& device) {
    if (device.backend != "cuda" && device.backend != "emu")
        return "only for backends cuda and emu";
    const int arch = Target::from(device).arch;
    if (arch < 75) return "needs sm_75 or newer, not " + device.arch;
    return {};
}

} // namespace hone::cuda_family
