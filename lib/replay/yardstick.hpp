// The score of a search on a recorded space: 0 is random search, 1 the optimum at once.
//
// After Willemsen, Schoonhoven, Filipovic, Tørring, van Nieuwpoort, van Werkhoven, "A methodology
// for comparing optimization algorithms for auto-tuning", Future Generation Computer Systems 159,
// 2024, doi 10.1016/j.future.2024.05.021. Two things differ: the strategy's own processor time is
// left out, and the place that random search has reached is counted from 1 (docs/replay.md says
// why).
#pragma once

#include "lib/replay/recorded_space.hpp"
#include "lib/replay/trajectory.hpp"

#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace hone::replay {

// What a space and an objective say of any search. Immutable.
class Yardstick final {
  public:
    static constexpr std::size_t points = 1000; // in time

    // Throws Error(usage) when no config has a value of the objective.
    Yardstick(const RecordedSpace& recorded, Objective objective);

    [[nodiscard]] double optimum() const noexcept { return ascending_.front(); }
    [[nodiscard]] double median() const noexcept { return median_; }
    [[nodiscard]] std::size_t valid() const noexcept { return ascending_.size(); }
    // Evaluations after which random search is expected to be a share `progress` of the way from
    // the median to the optimum.
    [[nodiscard]] std::int64_t random_evaluations(double progress) const;
    // The times (s) at which searches are compared, and what random search has found by then.
    [[nodiscard]] const std::vector<double>& times() const noexcept { return times_; }
    [[nodiscard]] const std::vector<double>& random_curve() const noexcept { return random_; }
    // Evaluations later than this (s) change no score.
    [[nodiscard]] double horizon() const noexcept { return latest_s_; }
    // How many values are better; `value` is one of them.
    [[nodiscard]] double rank(double value) const;

  private:
    friend class Scorer;
    [[nodiscard]] std::vector<double> random_search(double evaluation_s, double first_place) const;

    std::vector<double> ascending_; // values
    double median_ = 0;
    std::vector<double> times_, random_, published_;
    double earliest_s_ = 0, latest_s_ = 0; // of what is pooled
};

// The repeats of one search on one space.
class Scorer final {
  public:
    Scorer(const Yardstick& yardstick, std::span<const Trajectory> repeats);

    [[nodiscard]] double score() const;
    // With each repeat counted `weights` times.
    [[nodiscard]] double score(std::span<const double> weights) const;
    // With the random curve as it was published, which is one place better than random search.
    [[nodiscard]] double published_score() const;
    // Scores of `count` resamples of the repeats, drawn with replacement.
    [[nodiscard]] std::vector<double> bootstrap(std::size_t count, std::uint64_t seed) const;

  private:
    [[nodiscard]] double against(std::span<const double> baseline,
                                 std::span<const double> weights) const;

    struct Pooled {
        double elapsed_s, rank;
        std::uint32_t repeat;
    };
    const Yardstick& yardstick_;
    std::size_t repeats_;
    std::vector<Pooled> pooled_; // by time
};

// Linear between order statistics; `values` not empty, share in [0, 1].
[[nodiscard]] double quantile(std::vector<double> values, double share);

} // namespace hone::replay
