#include "lib/replay/replay.hpp"

#include "hone/error.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>

namespace hone::replay {

namespace {

constexpr std::size_t bootstrap_count = 400;
constexpr double low_share = 0.025, high_share = 0.975;
// Around the last of the reported evaluations.
constexpr std::size_t timed_from = 350, timed_to = 400;

std::uint64_t seed_of(std::uint64_t seed, std::uint32_t repeat) {
    std::seed_seq sequence{static_cast<std::uint32_t>(seed),
                           static_cast<std::uint32_t>(seed >> 32U), repeat};
    std::array<std::uint32_t, 2> words{};
    sequence.generate(words.begin(), words.end());
    return (std::uint64_t{words[0]} << 32U) | words[1];
}

// Runs body(0) to body(count - 1) on several threads; the first exception thrown is passed on.
template <typename Body> void for_each_in_parallel(int count, int jobs, const Body& body) {
    if (jobs <= 0) jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    std::atomic<int> next = 0;
    std::exception_ptr failure;
    std::mutex failure_mutex;
    const auto work = [&] {
        try {
            for (int i = next++; i < count; i = next++) body(i);
        } catch (...) {
            const std::lock_guard lock(failure_mutex);
            if (!failure) failure = std::current_exception();
            next = count;
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int t = 1; t < std::min(jobs, count); ++t) threads.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
}

// Infinite before a config works.
double best_after(const Trajectory& trajectory, std::int64_t evaluations) {
    if (trajectory.empty()) return std::numeric_limits<double>::infinity();
    const std::size_t last = std::min(static_cast<std::size_t>(evaluations), trajectory.size()) - 1;
    return trajectory[last].best;
}

double evaluations_until(const Trajectory& trajectory, double value) {
    const auto found = std::find_if(trajectory.begin(), trajectory.end(),
                                    [&](const Evaluation& made) { return made.best <= value; });
    if (found == trajectory.end()) return std::numeric_limits<double>::infinity();
    return static_cast<double>(found - trajectory.begin() + 1);
}

using Baseline = double ScorePair::*;

// `samples` are of resampled repeats.
Score with_interval(const ScorePair& value, std::span<const ScorePair> samples, Baseline baseline) {
    std::vector<double> scores;
    scores.reserve(samples.size());
    for (const ScorePair& sample : samples) scores.push_back(sample.*baseline);
    return {value.*baseline, quantile(scores, low_share), quantile(scores, high_share)};
}

Score mean(std::span<const ReplayResult* const> results, Baseline baseline) {
    const auto count = static_cast<double>(results.size());
    ScorePair sum;
    std::vector<ScorePair> samples(bootstrap_count);
    for (const ReplayResult* result : results) {
        const Score& score = baseline == &ScorePair::published ? result->published : result->score;
        sum.*baseline += score.value / count;
        for (std::size_t i = 0; i < samples.size(); ++i)
            samples[i].*baseline += result->bootstrap[i].*baseline / count;
    }
    return with_interval(sum, samples, baseline);
}

void judge_strategy_time(ReplayResult& result, std::span<const Trajectory> repeats) {
    constexpr double ms = 1e3;
    double all = 0, late = 0, count = 0, late_count = 0;
    for (const Trajectory& trajectory : repeats) {
        for (std::size_t i = 0; i < trajectory.size(); ++i) {
            all += trajectory[i].strategy_s;
            if (i >= timed_from && i < timed_to) {
                late += trajectory[i].strategy_s;
                ++late_count;
            }
        }
        count += static_cast<double>(trajectory.size());
    }
    result.evaluations = count / static_cast<double>(repeats.size());
    if (count > 0) result.strategy_ms = ms * all / count;
    if (late_count > 0) result.strategy_ms_400 = ms * late / late_count;
}

} // namespace

std::vector<Trajectory> replay_search(const Registry& registry, const std::string& search,
                                      const RecordedSpace& recorded, const Yardstick& yardstick,
                                      std::size_t batch, const ReplayOptions& options) {
    std::vector<Trajectory> repeats(static_cast<std::size_t>(options.repeats));
    const RunLimits limits{.seconds = yardstick.horizon(),
                           .evaluations = reported_evaluations.back()};
    for_each_in_parallel(options.repeats, options.jobs, [&](int repeat) {
        if (options.stop && options.stop->load()) return;
        SearchTask task;
        task.space = &recorded.space;
        task.seed = seed_of(options.seed, static_cast<std::uint32_t>(repeat));
        std::unique_ptr<Strategy> strategy = registry.make_search(search);
        if (!options.prior.empty())
            strategy = std::make_unique<TransferSearch>(std::move(strategy), options.prior);
        repeats[static_cast<std::size_t>(repeat)] =
            run_search(*strategy, recorded, options.objective, task, batch, limits);
    });
    return repeats;
}

ReplayResult judge(const std::string& space, const std::string& search, const Yardstick& yardstick,
                   std::span<const Trajectory> repeats, std::size_t batch, std::uint64_t seed) {
    ReplayResult result;
    result.space = space;
    result.search = search;
    result.batch = batch;
    result.repeats = static_cast<int>(repeats.size());
    const Scorer scorer(yardstick, repeats);
    result.bootstrap = scorer.bootstrap(bootstrap_count, seed);
    const ScorePair score = scorer.score();
    result.score = with_interval(score, result.bootstrap, &ScorePair::unbiased);
    result.published = with_interval(score, result.bootstrap, &ScorePair::published);
    for (std::int64_t made = 1; made <= reported_evaluations.back(); ++made) {
        std::vector<double> percents;
        for (const Trajectory& trajectory : repeats)
            percents.push_back(100 * yardstick.optimum() / best_after(trajectory, made));
        result.curve.push_back({quantile(percents, 0.5), quantile(percents, 0.1)});
    }
    for (std::size_t k = 0; k < reported_evaluations.size(); ++k)
        result.percent_of_optimum[k] =
            result.curve[static_cast<std::size_t>(reported_evaluations[k]) - 1];
    std::vector<double> until;
    for (const Trajectory& trajectory : repeats)
        until.push_back(evaluations_until(trajectory, yardstick.optimum() / near_optimum));
    if (const double median = quantile(until, 0.5); std::isfinite(median))
        result.evaluations_to_95 = median;
    judge_strategy_time(result, repeats);
    return result;
}

Score mean_score(std::span<const ReplayResult* const> results) {
    return mean(results, &ScorePair::unbiased);
}

Score mean_published_score(std::span<const ReplayResult* const> results) {
    return mean(results, &ScorePair::published);
}

} // namespace hone::replay
