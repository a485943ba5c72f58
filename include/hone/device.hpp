// Device models: what a kernel choice may depend on, in buckets that driver, ECC and hypervisor do
// not move. Two machines with equal models share winners.
#pragma once

#include "hone/digest.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

struct DeviceModel {
    std::string backend;               // "cpu", "cuda", "emu"
    std::string arch;                  // "x86-64", "sm_90a"
    std::string name;                  // marketing name; for a CPU "vendor/family/model/stepping"
    std::vector<std::string> features; // sorted; for a CPU the instruction sets used

    std::int64_t cores = 0;            // SMs, or threads a CPU kernel may use (cpu:2 has 2)
    std::int64_t shared_bytes = 0;     // opt-in shared memory limit per block
    std::int64_t registers = 0;        // 32-bit registers per SM
    std::int64_t l1_bytes = 0;         // per core
    std::int64_t l2_bytes = 0;         // CPU: per core; GPU: whole
    std::int64_t l3_bytes = 0;         // whole, 0 when there is none
    std::int64_t memory_gib = 0;       // device memory class; 0 on a CPU
    std::int64_t bandwidth_gbps = 0;   // class, 0 when unknown
    std::int64_t clock_mhz = 0;        // maximum core clock in 50 MHz buckets, 0 when unknown
    std::int64_t memory_clock_mhz = 0; // likewise
    std::int64_t power_watts = 0;      // limit in 25 W buckets, 0 when unknown
    std::string slice;                 // MIG profile, empty for a whole device
    bool virtualised = false;

    friend bool operator==(const DeviceModel&, const DeviceModel&) = default;
};

// One line, every field as key=value; part of the fact format. parse_device_model throws
// Error(workload) on malformed text.
[[nodiscard]] std::string canonical_text(const DeviceModel& model);
[[nodiscard]] DeviceModel parse_device_model(std::string_view text);
[[nodiscard]] Digest digest(const DeviceModel& model);

// One device of this machine.
struct Device {
    std::string id;  // "cpu:2", "cuda:0", "emu:sm_80"
    int ordinal = 0; // inside its backend
    DeviceModel model;
};

} // namespace hone
