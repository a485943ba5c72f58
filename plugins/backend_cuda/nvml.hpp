// NVIDIA's management library, loaded at run time: clocks, throttling, power and who else uses a
// card. All of it is a bonus: what is missing is left out.
#pragma once

#include "nvrtc/shared_library.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hone::cuda {

namespace nvml {
struct DeviceData;
using Device = DeviceData*;
enum class Result : int { success = 0 };
enum class Clock : int { graphics = 0, sm = 1, memory = 2 };
struct Process { // nvmlProcessInfo_t
    unsigned pid;
    unsigned long long memory_bytes;
    unsigned gpu_instance, compute_instance;
};

// X(member, symbol, parameters)
#define HONE_NVML_FUNCTIONS(X)                                                                     \
    X(init, "nvmlInit_v2", ())                                                                     \
    X(by_bus_id, "nvmlDeviceGetHandleByPciBusId_v2", (const char* id, Device* device))             \
    X(max_clock, "nvmlDeviceGetMaxClockInfo", (Device device, Clock clock, unsigned* mhz))         \
    X(clock, "nvmlDeviceGetClockInfo", (Device device, Clock clock, unsigned* mhz))                \
    X(throttle, "nvmlDeviceGetCurrentClocksThrottleReasons",                                       \
      (Device device, unsigned long long* reasons))                                                \
    X(power_limit, "nvmlDeviceGetEnforcedPowerLimit", (Device device, unsigned* milliwatts))       \
    X(energy, "nvmlDeviceGetTotalEnergyConsumption",                                               \
      (Device device, unsigned long long* millijoules))                                            \
    X(processes, "nvmlDeviceGetComputeRunningProcesses_v3",                                        \
      (Device device, unsigned* count, Process* processes))                                        \
    X(virtualisation, "nvmlDeviceGetVirtualizationMode", (Device device, int* mode))

struct Functions {
#define HONE_NVML_MEMBER(member, symbol, parameters) Result(*member) parameters = nullptr;
    HONE_NVML_FUNCTIONS(HONE_NVML_MEMBER)
#undef HONE_NVML_MEMBER
};

// Bits of nvmlDeviceGetCurrentClocksThrottleReasons.
inline constexpr std::uint64_t power_cap = 0x4; // the usual state of a large gemm
inline constexpr std::uint64_t hardware_slowdown = 0x8;
inline constexpr std::uint64_t thermal_slowdown = 0x20;
inline constexpr std::uint64_t hardware_thermal_slowdown = 0x40;
inline constexpr std::uint64_t power_brake = 0x80;
// Samples taken under one of these say nothing of the kernel.
inline constexpr std::uint64_t untrusted =
    hardware_slowdown | thermal_slowdown | hardware_thermal_slowdown | power_brake;
} // namespace nvml

// Safe to use from several threads.
class Nvml final {
  public:
    explicit Nvml(const std::string& path);

    // The library and symbols that are not there, one line each.
    [[nodiscard]] const std::vector<std::string>& missing() const noexcept { return missing_; }

    // One card. Each query gives nothing where it cannot be answered.
    class Card final {
      public:
        Card(const Nvml& nvml, const std::string& bus_id);
        [[nodiscard]] std::optional<std::int64_t> max_clock_mhz(nvml::Clock clock) const noexcept;
        [[nodiscard]] std::optional<std::int64_t> clock_mhz() const noexcept;
        [[nodiscard]] std::uint64_t throttle_bits() const noexcept; // 0 when unknown
        [[nodiscard]] std::optional<std::int64_t> power_limit_watts() const noexcept;
        // Since the driver was loaded.
        [[nodiscard]] std::optional<std::uint64_t> energy_millijoules() const noexcept;
        // Processes that compute on the card now, as the card's host numbers them.
        [[nodiscard]] std::vector<unsigned> processes() const;
        [[nodiscard]] bool virtualised() const noexcept;

      private:
        const Nvml& nvml_;
        nvml::Device device_ = nullptr;
    };

  private:
    SharedLibrary library_;
    nvml::Functions functions_;
    std::vector<std::string> missing_;
    bool started_ = false;
};

} // namespace hone::cuda
