#include "lib/tune/prune.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hone {

namespace {

constexpr std::int64_t most_threads = 1024; // of a block, on every architecture
constexpr std::int64_t warp_threads = 32;

std::int64_t threads_of(const Step& step) {
    return std::int64_t{step.block[0]} * step.block[1] * step.block[2];
}

const Resources* resources_of_step(const Step& step, std::span<const Binary> binaries) {
    const auto module = static_cast<std::size_t>(step.module);
    return step.module >= 0 && module < binaries.size() ? &binaries[module].resources : nullptr;
}

// Registers are handed out to warps in eights per thread (CUDA C++ Programming Guide, compute
// capabilities).
std::int64_t registers_taken(const Step& step, const Resources& resources) {
    const std::int64_t warps = (threads_of(step) + warp_threads - 1) / warp_threads;
    return warps * warp_threads * ((resources.registers + 7) / 8 * 8);
}

template <typename Visit> void for_each_step(const Program& program, Visit&& visit) {
    for (const Step& step : program.steps) visit(step);
    for (const Prepare& prepare : program.prepare)
        for (const Step& step : prepare.steps) visit(step);
}

} // namespace

Resources resources_of(const Program& program, std::span<const Binary> binaries) {
    Resources most;
    for (const Binary& binary : binaries) {
        most.registers = std::max(most.registers, binary.resources.registers);
        most.spill_bytes = std::max(most.spill_bytes, binary.resources.spill_bytes);
        most.stack_bytes = std::max(most.stack_bytes, binary.resources.stack_bytes);
    }
    for_each_step(program, [&](const Step& step) {
        const Resources* fixed = resources_of_step(step, binaries);
        most.shared_bytes =
            std::max(most.shared_bytes, step.shared_bytes + (fixed ? fixed->shared_bytes : 0));
    });
    return most;
}

std::string objection(const Program& program, std::span<const Binary> binaries,
                      const DeviceModel& device, std::int64_t most_spill_bytes) {
    const Resources most = resources_of(program, binaries);
    if (most.spill_bytes > most_spill_bytes)
        return fmt::format("spills {} bytes per thread", most.spill_bytes);
    if (device.shared_bytes > 0 && most.shared_bytes > device.shared_bytes)
        return fmt::format("needs {} bytes of shared memory, a block has {}", most.shared_bytes,
                           device.shared_bytes);
    std::string found;
    for_each_step(program, [&](const Step& step) {
        if (!found.empty()) return;
        if (threads_of(step) > most_threads) {
            found = fmt::format("{}: {} threads in a block", step.kernel, threads_of(step));
            return;
        }
        const Resources* resources = resources_of_step(step, binaries);
        if (!resources || device.registers == 0) return;
        const std::int64_t registers = registers_taken(step, *resources);
        if (registers > device.registers)
            found = fmt::format("{}: a block takes {} registers, a multiprocessor has {}",
                                step.kernel, registers, device.registers);
    });
    return found;
}

} // namespace hone
