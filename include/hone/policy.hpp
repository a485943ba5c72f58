// How something is measured. The name with its version is part of every fact.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

struct Policy {
    std::string name;               // "cpu-warm/1"
    bool cold = false;              // operands are not in a cache when a sample starts
    std::int64_t min_sample_ns = 0; // launches are repeated inside one sample to reach it
    std::int64_t warm_up_ns = 0;    // before the first sample of a round
    double max_foreign_load = 0;    // fraction of a core; samples above it are dropped
    std::int64_t rotate_bytes = 0;  // cold GPU policies: operands span at least this much
    std::int64_t energy_ns = 0; // a program is repeated this long for its energy; 0: not measured
};

// Known: cpu-warm/1, cpu-cold/1, gpu-cold-rotate/1, emu-cost/1. Throws Error(usage) otherwise.
[[nodiscard]] Policy policy(std::string_view name);

// Raw samples of one program, in the order taken. One entry is the mean over the launches of one
// sample.
struct Samples {
    std::vector<std::int64_t> picoseconds;
    std::int64_t dropped = 0;        // samples taken and not trusted (foreign load, throttling)
    std::int64_t clock_khz = 0;      // median core clock while measuring, 0 when unknown
    std::uint32_t throttle_bits = 0; // backend's reasons, or-ed
    std::int64_t energy_uj = 0;      // per launch, 0 when not measured
};

} // namespace hone
