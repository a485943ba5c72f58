#include "hone/policy.hpp"

#include "hone/error.hpp"

namespace hone {

namespace {

constexpr std::int64_t ms = 1'000'000; // in nanoseconds

std::vector<Policy> known_policies() {
    return {
        {.name = "cpu-warm/1",
         .cold = false,
         .min_sample_ns = 1 * ms,
         .warm_up_ns = 2 * ms,
         .max_foreign_load = 0.1,
         .rotate_bytes = 0,
         .energy_ns = 0},
        // One launch per sample: the second would find its operands in the cache.
        {.name = "cpu-cold/1",
         .cold = true,
         .min_sample_ns = 0,
         .warm_up_ns = 2 * ms,
         .max_foreign_load = 0.1,
         .rotate_bytes = 0,
         .energy_ns = 0},
        // At least twice the largest L2 of today's cards (126 MB), on every card, so that facts of
        // different cards mean the same.
        {.name = "gpu-cold-rotate/1",
         .cold = true,
         .min_sample_ns = 1 * ms,
         .warm_up_ns = 20 * ms,
         .max_foreign_load = 0,
         .rotate_bytes = std::int64_t{256} << 20,
         .energy_ns = 500 * ms},
        // Counted, not timed: one run says all.
        {.name = "emu-cost/1",
         .cold = false,
         .min_sample_ns = 0,
         .warm_up_ns = 0,
         .max_foreign_load = 0,
         .rotate_bytes = 0,
         .energy_ns = 0},
    };
}

} // namespace

Policy policy(std::string_view name) {
    std::string known;
    for (const Policy& policy : known_policies()) {
        if (policy.name == name) return policy;
        known += (known.empty() ? "" : ", ") + policy.name;
    }
    throw Error(Errc::usage, "unknown measuring policy \"" + std::string(name) + "\"",
                "known are " + known);
}

} // namespace hone
