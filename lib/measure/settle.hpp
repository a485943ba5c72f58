// The last stage: how the times of few contenders are settled, as a pure function of samples.
#pragma once

#include "lib/measure/race.hpp"

namespace hone {

// Samples contenders 0 to count - 1 in blocks of 8 until, after at least 16 samples of each, the
// interval of every one has a relative half width of at most `interval` or has stopped shrinking,
// or the sampler says that it is over. Those whose interval is wider are marked noisy. All that did
// not fail are kept.
[[nodiscard]] std::vector<RaceStanding> settle(std::size_t count, double interval,
                                               const Sampler& sampler);

} // namespace hone
