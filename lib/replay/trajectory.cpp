#include "lib/replay/trajectory.hpp"

#include "lib/tune/proposals.hpp"

#include <algorithm>
#include <ctime>
#include <limits>

namespace hone::replay {

namespace {

// Processor time: what else runs on the machine is not the strategy's.
double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Observation observation_of(ConfigIndex config, const RecordedTrial& trial, Objective objective) {
    Observation observation;
    observation.config = config;
    observation.outcome = trial.outcome;
    const auto value = trial.value(objective);
    if (value) {
        observation.value = *value;
        observation.n = std::max<std::int64_t>(trial.samples, 1);
    } else if (trial.outcome == Outcome::ok) {
        observation.outcome = Outcome::skipped; // it ran, but this objective was not recorded
    }
    return observation;
}

} // namespace

Trajectory run_search(Strategy& strategy, const RecordedSpace& recorded, Objective objective,
                      const SearchTask& task, std::size_t batch, const RunLimits& limits) {
    Trajectory trajectory;
    double elapsed_s = 0, best = std::numeric_limits<double>::infinity();
    double clock = thread_seconds();
    const auto strategy_time = [&clock] {
        const double now = thread_seconds();
        return now - std::exchange(clock, now);
    };
    SearchTask here = task;
    here.space = &recorded.space;
    Proposals proposals(strategy, here);
    while (elapsed_s <= limits.seconds ||
           static_cast<std::int64_t>(trajectory.size()) < limits.evaluations) {
        const std::vector<ConfigIndex> asked = proposals.ask(batch);
        double strategy_s = strategy_time();
        if (asked.empty()) break;
        std::vector<Observation> observations;
        for (const ConfigIndex config : asked) {
            const RecordedTrial& trial = recorded.trial(config);
            observations.push_back(observation_of(config, trial, objective));
            elapsed_s += trial.cost_s;
            if (observations.back().outcome == Outcome::ok)
                best = std::min(best, observations.back().value);
            trajectory.push_back({elapsed_s, best, 0});
        }
        clock = thread_seconds();
        for (const Observation& observation : observations) proposals.tell(observation);
        strategy_s += strategy_time();
        for (std::size_t i = trajectory.size() - asked.size(); i < trajectory.size(); ++i)
            trajectory[i].strategy_s = strategy_s / static_cast<double>(asked.size());
    }
    return trajectory;
}

} // namespace hone::replay
