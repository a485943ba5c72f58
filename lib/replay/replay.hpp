// Searches replayed on recorded spaces, many times each, and what that says of them.
#pragma once

#include "hone/registry.hpp"
#include "lib/replay/recorded_space.hpp"
#include "lib/replay/yardstick.hpp"
#include "lib/tune/transfer.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hone::replay {

struct ReplayOptions {
    Objective objective = Objective::time;
    int repeats = 100;
    std::uint64_t seed = 0;
    int jobs = 0;                  // threads; 0: one per core. Results do not depend on it
    std::vector<Prior> prior = {}; // not empty: the search starts warm
    const std::atomic<bool>* stop = nullptr;
};

// Numbers of evaluations after which the best so far is reported.
inline constexpr std::array<std::int64_t, 5> reported_evaluations = {25, 50, 100, 200, 400};
inline constexpr double near_optimum = 0.95;

struct Score {
    double value = 0, low = 0, high = 0; // 95 % interval, bootstrap over repeats
};

struct ReplayResult {
    std::string space, search;
    std::size_t batch = 1;
    int repeats = 0;
    Score score, published; // see ScorePair
    struct PercentOfOptimum {
        double median = 0, p10 = 0; // over repeats; 0 before a config works
    };
    std::vector<PercentOfOptimum> curve; // after 1, 2, ... reported_evaluations.back() evaluations
    std::array<PercentOfOptimum, reported_evaluations.size()> percent_of_optimum;
    // Median over repeats until the best is within 95 % of the optimum; nothing when half of them
    // were not in the evaluations made.
    std::optional<double> evaluations_to_95;
    double evaluations = 0;                      // made, on average over repeats
    double strategy_ms = 0, strategy_ms_400 = 0; // processor time of the strategy for an
                                                 // evaluation: mean, and around the 400th
    std::vector<ScorePair> bootstrap;            // of resampled repeats
};

// Repeat r of a search starts from a seed that depends on `options.seed` and r alone. Throws
// Error(unavailable) for an unknown search. Blocks.
[[nodiscard]] std::vector<Trajectory>
replay_search(const Registry& registry, const std::string& search, const RecordedSpace& recorded,
              const Yardstick& yardstick, std::size_t batch, const ReplayOptions& options);
// What the repeats of a search on a space of that name come to; `seed` is of the bootstrap.
[[nodiscard]] ReplayResult judge(const std::string& space, const std::string& search,
                                 const Yardstick& yardstick, std::span<const Trajectory> repeats,
                                 std::size_t batch, std::uint64_t seed);

// The mean over results, one per space, with the interval of their joint bootstrap.
[[nodiscard]] Score mean_score(std::span<const ReplayResult* const> results);
// The same against the published curve.
[[nodiscard]] Score mean_published_score(std::span<const ReplayResult* const> results);

} // namespace hone::replay
