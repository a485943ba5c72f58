// Timing of launches on a CPU: policies cpu-warm and cpu-cold.
#pragma once

#include "hone/backend.hpp"

#include <chrono>
#include <vector>

namespace hone::cpu {

// What measuring needs of the machine; tests put in their own.
class Bench {
  public:
    virtual ~Bench() = default;
    [[nodiscard]] virtual std::int64_t now_ns() = 0; // a steady clock
    // Called when every contender was launched once, so that all threads there will be exist.
    virtual void watch() = 0;
    // CPU time that others took from this process since watch().
    [[nodiscard]] virtual std::int64_t lost_ns() = 0;
    virtual void flush_caches() = 0; // for cold policies
    // Where the calling thread stays meanwhile; -1: anywhere.
    [[nodiscard]] virtual int cpu() const { return -1; }
};

// One sample of a launch is the mean over as many launches as the policy's shortest sample takes.
// Rounds visit the launches in rotating order. A sample that was disturbed by more than the policy
// allows is counted as dropped and taken again, at most twice; of a launch that got no undisturbed
// sample at all, the least disturbed one is kept, so that a busy machine still tells something.
[[nodiscard]] std::vector<Samples> measure(Bench& bench, std::span<const Launch> launches,
                                           const Policy& policy, int rounds,
                                           std::chrono::steady_clock::time_point deadline);

} // namespace hone::cpu
