// gpu-cold-rotate/1: times of launches by the device's own clock.
#pragma once

#include "context.hpp"
#include "nvml.hpp"

#include <chrono>
#include <span>
#include <vector>

namespace hone::cuda {

// One sample is a graph of launches that rotate over the operand sets, between two events, held
// back until all of it is queued, so that neither queueing nor caches take part. After each sample
// the card is asked whether it ran freely: samples under a thermal or hardware slow-down are
// dropped, those at the power cap kept and marked. The context is current. A launch that fails
// leaves its samples empty; so does everything after a fault of the context, which the next
// synchronisation reports.
[[nodiscard]] std::vector<Samples> measure(const Context& context, api::Stream stream,
                                           const Nvml::Card& card, std::span<const Launch> launches,
                                           const Policy& policy, int rounds,
                                           std::chrono::steady_clock::time_point deadline);

} // namespace hone::cuda
