// NVML in the stub. Settings: throttle (bits), throttled_samples (that many samples show them, then
// none does), process (id of somebody who computes on the card), energy
// (whether it is counted), nvml (a code it starts with).
#include "tests/cuda_stub/common/settings.hpp"

using cuda_stub::Settings;

namespace {

constexpr int success = 0, not_supported = 3;

Settings settings;
std::int64_t throttle_reads = 0;
int card = 0;

} // namespace

extern "C" {

double cuda_stub_energy_uj(); // of the driver

int nvmlInit_v2() {
    settings = Settings::from_env();
    throttle_reads = 0;
    return static_cast<int>(settings.number("nvml", success));
}
int nvmlDeviceGetHandleByPciBusId_v2(const char*, void** device) {
    *device = &card;
    return success;
}
int nvmlDeviceGetMaxClockInfo(void*, int clock, unsigned* mhz) {
    constexpr int memory = 2;
    *mhz = static_cast<unsigned>(clock == memory ? settings.number("memory_mhz", 1593)
                                                 : settings.number("clock_mhz", 1410));
    return success;
}
int nvmlDeviceGetClockInfo(void*, int, unsigned* mhz) {
    *mhz = static_cast<unsigned>(settings.number("clock_mhz", 1410));
    return success;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(void*, unsigned long long* reasons) {
    const bool on = throttle_reads++ < settings.number("throttled_samples", 1LL << 60);
    *reasons = on ? static_cast<unsigned long long>(settings.number("throttle", 0)) : 0;
    return success;
}
int nvmlDeviceGetEnforcedPowerLimit(void*, unsigned* milliwatts) {
    *milliwatts = static_cast<unsigned>(settings.number("watts", 400) * 1000);
    return success;
}
int nvmlDeviceGetTotalEnergyConsumption(void*, unsigned long long* millijoules) {
    if (settings.number("energy", 0) == 0) return not_supported;
    *millijoules = static_cast<unsigned long long>(cuda_stub_energy_uj() / 1000);
    return success;
}
int nvmlDeviceGetVirtualizationMode(void*, int* mode) {
    *mode = static_cast<int>(settings.number("virtualisation", 0));
    return success;
}

struct Process {
    unsigned pid;
    unsigned long long memory_bytes;
    unsigned gpu_instance, compute_instance;
};
int nvmlDeviceGetComputeRunningProcesses_v3(void*, unsigned* count, Process* processes) {
    const auto pid = static_cast<unsigned>(settings.number("process", 0));
    if (pid != 0 && *count > 0) processes[0] = {pid, 1 << 20, 0, 0};
    *count = pid != 0 ? 1 : 0;
    return success;
}

} // extern "C"
