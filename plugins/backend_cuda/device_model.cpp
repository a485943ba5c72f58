#include "device_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace hone::cuda {
namespace {

std::int64_t nearest_multiple(std::int64_t value, std::int64_t step) {
    return (value + step / 2) / step * step;
}

// "NVIDIA A100-SXM4-40GB MIG 3g.20gb": the driver names a slice so.
std::string slice_of(const std::string& name) {
    const std::size_t at = name.find(" MIG ");
    return at == std::string::npos ? std::string() : name.substr(at + 5);
}

} // namespace

std::string arch_of(int major, int minor) {
    std::string arch = "sm_" + std::to_string(major * 10 + minor);
    if (major >= 9) arch += 'a';
    return arch;
}

std::int64_t memory_class_gib(std::uint64_t bytes) {
    // What is sold, MIG slices included.
    constexpr std::array<std::int64_t, 24> classes{4,  5,  6,  8,  10,  11,  12,  16,
                                                   18, 20, 22, 24, 32,  40,  48,  64,
                                                   72, 80, 94, 96, 128, 141, 180, 192};
    const double gib = static_cast<double>(bytes) / static_cast<double>(1 << 30);
    for (const std::int64_t each : classes)
        if (gib <= static_cast<double>(each) && gib > 0.89 * static_cast<double>(each)) return each;
    return std::llround(std::ceil(gib));
}

std::int64_t bandwidth_class(double gbps) {
    if (!(gbps > 0)) return 0;
    const double step = std::pow(10, std::floor(std::log10(gbps)) - 1);
    return std::llround(std::round(gbps / step) * step);
}

std::string plain_name(std::string name) {
    for (const std::string_view prefix : {"NVIDIA ", "Tesla "})
        if (name.starts_with(prefix)) name.erase(0, prefix.size());
    return name.substr(0, name.find(" MIG "));
}

std::string bus_id(const Driver& driver, int ordinal) {
    char id[32] = "";
    api::Device device = 0;
    driver.require(driver.device_get(&device, ordinal), "cuDeviceGet");
    driver.require(driver.device_bus_id(id, sizeof id, device), "cuDeviceGetPCIBusId");
    return id;
}

DeviceModel device_model(const Driver& driver, const Nvml& nvml, int ordinal) {
    using api::DeviceAttribute;
    api::Device device = 0;
    driver.require(driver.device_get(&device, ordinal), "cuDeviceGet");
    char name[256] = "";
    driver.require(driver.device_name(name, sizeof name - 1, device), "cuDeviceGetName");
    std::size_t bytes = 0;
    driver.require(driver.device_memory(&bytes, device), "cuDeviceTotalMem");
    const auto ask = [&](DeviceAttribute which) -> std::int64_t {
        return driver.attribute(device, which);
    };
    const Nvml::Card card(nvml, bus_id(driver, ordinal));

    DeviceModel model;
    model.backend = "cuda";
    model.arch = arch_of(static_cast<int>(ask(DeviceAttribute::capability_major)),
                         static_cast<int>(ask(DeviceAttribute::capability_minor)));
    model.name = plain_name(name);
    model.slice = slice_of(name);
    model.cores = ask(DeviceAttribute::multiprocessors);
    model.shared_bytes = ask(DeviceAttribute::shared_bytes_per_block_optin);
    model.registers = ask(DeviceAttribute::registers_per_multiprocessor);
    model.l1_bytes = ask(DeviceAttribute::shared_bytes_per_multiprocessor);
    model.l2_bytes = ask(DeviceAttribute::l2_bytes);
    model.memory_gib = memory_class_gib(bytes);
    const std::int64_t clock =
        card.max_clock_mhz(nvml::Clock::sm).value_or(ask(DeviceAttribute::clock_khz) / 1000);
    const std::int64_t memory_clock = card.max_clock_mhz(nvml::Clock::memory)
                                          .value_or(ask(DeviceAttribute::memory_clock_khz) / 1000);
    model.clock_mhz = nearest_multiple(clock, 50);
    model.memory_clock_mhz = nearest_multiple(memory_clock, 50);
    // Two transfers per clock and line.
    const auto bus_bits = static_cast<double>(ask(DeviceAttribute::memory_bus_bits));
    model.bandwidth_gbps = bandwidth_class(2e-3 * static_cast<double>(memory_clock) * bus_bits / 8);
    model.power_watts = nearest_multiple(card.power_limit_watts().value_or(0), 25);
    model.virtualised = card.virtualised();
    return model;
}

} // namespace hone::cuda
