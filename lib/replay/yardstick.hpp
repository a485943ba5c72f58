// The score of a search on a recorded space: 0 is random search, 1 the optimum at once.
//
// After Willemsen, Schoonhoven, Filipovic, Tørring, van Nieuwpoort, van Werkhoven, "A methodology
// for comparing optimization algorithms for auto-tuning", Future Generation Computer Systems 159,
// 2024, doi 10.1016/j.future.2024.05.021, except that the strategy's own processor time is left
// out. By the curve of random search published there random search itself scores a little below 0,
// so each score is also given against an unbiased one (docs/replay.md says how they differ).
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

// A score against both curves of random search.
struct ScorePair {
    double unbiased = 0;  // random search scores 0
    double published = 0; // against the curve as published, which is better than random search

    bool operator==(const ScorePair&) const = default;
};

// The repeats of one search on one space.
class Scorer final {
  public:
    Scorer(const Yardstick& yardstick, std::span<const Trajectory> repeats);

    [[nodiscard]] ScorePair score() const;
    // With each repeat counted `weights` times.
    [[nodiscard]] ScorePair score(std::span<const double> weights) const;
    // Scores of `count` resamples of the repeats, drawn with replacement.
    [[nodiscard]] std::vector<ScorePair> bootstrap(std::size_t count, std::uint64_t seed) const;

  private:
    // What the search has found by the yardstick's times.
    [[nodiscard]] std::vector<double> curve(std::span<const double> weights) const;

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
