// One replayed search: a strategy asks, the record answers.
#pragma once

#include "hone/strategy.hpp"
#include "lib/replay/recorded_space.hpp"

#include <cstdint>
#include <vector>

namespace hone::replay {

struct Evaluation {
    double elapsed_s = 0;  // sum of recorded costs up to and with this one
    double best = 0;       // objective of the best so far; infinite before the first that works
    double strategy_s = 0; // processor time of the strategy for this one; not part of elapsed_s
};
using Trajectory = std::vector<Evaluation>;

struct RunLimits {
    double seconds = 0;             // of recorded cost: goes on at least until then,
    std::int64_t evaluations = 400; // and at least for so many
};

// Ends when both limits are passed or the strategy has nothing left. `batch` configs are asked for
// at once, and told when all of them were evaluated. Throws Error(internal) when the strategy
// proposes a config that is not legal or was proposed before.
[[nodiscard]] Trajectory run_search(Strategy& strategy, const RecordedSpace& recorded,
                                    Objective objective, const SearchTask& task, std::size_t batch,
                                    const RunLimits& limits);

} // namespace hone::replay
