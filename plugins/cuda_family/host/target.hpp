// What of a device model CUDA kernels are shaped by.
#pragma once

#include "hone/device.hpp"

#include <cstdint>
#include <string>

namespace hone::cuda_family {

// Limits of one SM and of one block. What a model leaves open is filled in by its architecture, so
// that families can be asked for any architecture without a card's table.
struct Target {
    int arch = 0;                  // 80 of "sm_80"; 0: not an NVIDIA architecture
    std::int64_t shared_bytes = 0; // per block, opted in
    std::int64_t sm_shared_bytes = 0;
    std::int64_t registers = 65536; // per SM
    std::int64_t sm_threads = 1536;
    std::int64_t sms = 1;

    [[nodiscard]] static Target from(const DeviceModel& device);

    [[nodiscard]] bool async_copies() const { return arch >= 80; } // cp.async, bf16, tf32
    [[nodiscard]] bool fp8() const { return arch >= 89; }
    // Blocks of a kernel that one SM holds at the same time.
    [[nodiscard]] std::int64_t resident_blocks(std::int64_t threads, std::int64_t registers_each,
                                               std::int64_t shared) const;
};

// "sm_75": why these devices cannot run CUDA families; empty when they can.
[[nodiscard]] std::string objection(const DeviceModel& device);

} // namespace hone::cuda_family
