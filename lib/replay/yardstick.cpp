#include "lib/replay/yardstick.hpp"

#include "lib/replay/isotonic.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hone::replay {

namespace {

constexpr double first_progress = 0.01, last_progress = 0.95;
// What is pooled reaches a little beyond the times compared.
constexpr double margin_before = 0.9, margin_after = 1.1;

double mean(std::span<const double> values) {
    if (values.empty()) return 0;
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Place, from 1, in descending order of the value that random search has found on average after
// this many evaluations.
double expected_place(double evaluations, std::size_t valid) {
    return std::nearbyint(evaluations * (static_cast<double>(valid) + 1) / (evaluations + 1));
}

// Of the way from random search to the optimum, what was found, on average over time.
double share_of_way(std::span<const double> found, std::span<const double> random, double optimum) {
    double sum = 0;
    // Interpolating ends a rounding error above or below the optimum.
    const double at_optimum = optimum * (1 + 1e-12);
    for (std::size_t j = 0; j < found.size(); ++j) {
        // Where random search is at the optimum too, no share of its way is left to judge by.
        if (random[j] <= at_optimum)
            sum += found[j] == optimum ? 1 : 0;
        else
            sum += (random[j] - found[j]) / (random[j] - optimum);
    }
    return sum / static_cast<double>(found.size());
}

} // namespace

double quantile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    if (below + 1 >= values.size()) return values.back();
    // Infinite neighbours: half of infinity is no number.
    if (values[below] == values[below + 1]) return values[below];
    const double part = place - static_cast<double>(below);
    if (part == 0) return values[below];
    return values[below] + part * (values[below + 1] - values[below]);
}

Yardstick::Yardstick(const RecordedSpace& recorded, Objective objective) {
    recorded.require(objective);
    std::vector<double> costs, costs_valid, costs_invalid;
    for (const RecordedTrial& trial : recorded.trials) {
        costs.push_back(trial.cost_s);
        if (const auto value = trial.value(objective)) {
            ascending_.push_back(*value);
            costs_valid.push_back(trial.cost_s);
        } else {
            costs_invalid.push_back(trial.cost_s);
        }
    }
    std::sort(ascending_.begin(), ascending_.end());
    median_ = quantile(ascending_, 0.5);

    const double median_cost = quantile(costs, 0.5);
    const auto first = random_evaluations(first_progress);
    const double begin_s = static_cast<double>(std::max<std::int64_t>(first, 1)) * median_cost;
    // Where all values are alike the first evaluation is all there is to compare.
    const double end_s =
        std::max(begin_s, static_cast<double>(random_evaluations(last_progress)) * median_cost);
    for (std::size_t j = 0; j < points; ++j)
        times_.push_back(begin_s + (end_s - begin_s) * static_cast<double>(j) /
                                       static_cast<double>(points - 1));
    earliest_s_ = margin_before * begin_s;
    latest_s_ = margin_after * times_.back();

    // The failures met between two valid configs are paid for as well.
    const auto per_valid = [&](std::size_t of) {
        const double failures = static_cast<double>(costs_invalid.size()) / static_cast<double>(of);
        return mean(costs_valid) + failures * mean(costs_invalid);
    };
    random_ = random_search(per_valid(valid()), 1);
    published_ = random_search(per_valid(costs.size()), 0);
}

// `first_place`: of descending order, 1 when places count from 1.
std::vector<double> Yardstick::random_search(double evaluation_s, double first_place) const {
    const auto last = static_cast<double>(valid() - 1);
    std::vector<double> evaluations, found;
    for (const double time : times_) {
        const double count =
            evaluation_s > 0 ? std::max(1.0, std::nearbyint(time / evaluation_s)) : 1;
        if (!evaluations.empty() && count <= evaluations.back()) continue;
        evaluations.push_back(count);
        const double place = std::clamp(expected_place(count, valid()) - first_place, 0.0, last);
        found.push_back(ascending_[valid() - 1 - static_cast<std::size_t>(place)]);
    }
    return pchip_evenly(evaluations, found, points);
}

std::int64_t Yardstick::random_evaluations(double progress) const {
    const double target = optimum() + (median_ - optimum()) * (1 - progress);
    // Place of the first value in descending order that is no worse than the target.
    const auto worse =
        ascending_.end() - std::upper_bound(ascending_.begin(), ascending_.end(), target);
    const auto place = static_cast<double>(worse);
    return static_cast<std::int64_t>(std::ceil(place / (static_cast<double>(valid()) + 1 - place)));
}

double Yardstick::rank(double value) const {
    return static_cast<double>(std::lower_bound(ascending_.begin(), ascending_.end(), value) -
                               ascending_.begin());
}

Scorer::Scorer(const Yardstick& yardstick, std::span<const Trajectory> repeats)
    : yardstick_(yardstick), repeats_(repeats.size()) {
    for (std::uint32_t r = 0; r < repeats.size(); ++r) {
        // Of a search that ends early, what it found stays found.
        double last_rank = -1;
        for (const Evaluation& evaluation : repeats[r]) {
            if (!std::isfinite(evaluation.best)) continue;
            if (evaluation.elapsed_s > yardstick.latest_s_) break;
            last_rank = yardstick.rank(evaluation.best);
            if (evaluation.elapsed_s >= yardstick.earliest_s_)
                pooled_.push_back({evaluation.elapsed_s, last_rank, r});
        }
        const bool ended = repeats[r].empty() || repeats[r].back().elapsed_s < yardstick.latest_s_;
        if (ended && last_rank >= 0) pooled_.push_back({yardstick.latest_s_, last_rank, r});
    }
    std::stable_sort(pooled_.begin(), pooled_.end(),
                     [](const Pooled& a, const Pooled& b) { return a.elapsed_s < b.elapsed_s; });
}

ScorePair Scorer::score() const { return score(std::vector<double>(repeats_, 1.0)); }

ScorePair Scorer::score(std::span<const double> weights) const {
    const std::vector<double> found = curve(weights);
    const double optimum = yardstick_.optimum();
    return {share_of_way(found, yardstick_.random_, optimum),
            share_of_way(found, yardstick_.published_, optimum)};
}

std::vector<double> Scorer::curve(std::span<const double> weights) const {
    // Pairs of one time are one pair of their mean.
    std::vector<double> times, ranks, weight;
    for (const Pooled& pair : pooled_) {
        const double pair_weight = weights[pair.repeat];
        if (pair_weight == 0) continue;
        if (!times.empty() && times.back() == pair.elapsed_s) {
            weight.back() += pair_weight;
            ranks.back() += pair_weight / weight.back() * (pair.rank - ranks.back());
            continue;
        }
        times.push_back(pair.elapsed_s);
        ranks.push_back(pair.rank);
        weight.push_back(pair_weight);
    }
    const std::vector<double>& values = yardstick_.ascending_;
    const auto last = static_cast<double>(values.size() - 1);
    const std::vector<double> fitted = isotonic_non_increasing(ranks, weight);

    std::vector<double> found;
    found.reserve(Yardstick::points);
    for (const double time : yardstick_.times_) {
        // Where nothing was found in time, the search has no better claim than the worst.
        const double rank = times.empty() ? last : interpolate(times, fitted, time);
        found.push_back(
            values[static_cast<std::size_t>(std::nearbyint(std::clamp(rank, 0.0, last)))]);
    }
    return found;
}

std::vector<ScorePair> Scorer::bootstrap(std::size_t count, std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<std::size_t> pick(0, repeats_ - 1);
    std::vector<ScorePair> scores;
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<double> weights(repeats_);
        for (std::size_t r = 0; r < repeats_; ++r) ++weights[pick(random)];
        scores.push_back(score(weights));
    }
    return scores;
}

} // namespace hone::replay
