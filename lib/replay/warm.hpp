// What one recorded space teaches a search on another.
#pragma once

#include "lib/replay/recorded_space.hpp"
#include "lib/tune/transfer.hpp"

#include <span>
#include <vector>

namespace hone::replay {

// Configs of `others` that are legal in `to`, by parameter names; a parameter that has one value
// there or here need not be on the other side. Of several places the mean counts.
[[nodiscard]] std::vector<Prior> prior_from(std::span<const RecordedSpace> others,
                                            const RecordedSpace& to, Objective objective);

} // namespace hone::replay
