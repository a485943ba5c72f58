// What can be had for what: configs of which no other is better in time, error and energy at once.
#pragma once

#include "hone/winner.hpp"

#include <span>
#include <vector>

namespace hone::cache {

// The Pareto front of standings that compare (one baseline) and are not vetoed, fastest first, by
// ratio to the baseline, total error (Frobenius) and energy. Energy counts between two that have
// it; of equals the first stays. Whatever a contract allows, its fastest is on the front.
[[nodiscard]] std::vector<Standing> pareto_front(std::span<const Standing> standings);

} // namespace hone::cache
