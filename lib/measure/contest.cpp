#include "lib/measure/contest.hpp"

#include <algorithm>
#include <utility>

namespace hone {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double seconds_between_asking = 0.5;
constexpr double launches_per_sample = 3; // warm-up included
constexpr int most_unexplained = 2;
// A contender alone goes through about what it went through with the others.
constexpr int calls_alone = 12;
constexpr double seconds_alone = 3;

double seconds_until(Clock::time_point until) {
    return std::max(0.0, std::chrono::duration<double>(until - Clock::now()).count());
}

bool is_empty(const Samples& samples) {
    return samples.picoseconds.empty() && samples.dropped == 0;
}

} // namespace

Contest::Contest(DeviceWorker& worker, std::span<const Executable* const> contenders, Policy policy)
    : worker_(worker), contenders_(contenders), energy_ns_(policy.energy_ns),
      policy_(without_energy(std::move(policy))), programs_(contenders.size(), -1),
      failures_(contenders.size()), launch_seconds_(contenders.size()) {
    start();
}

std::vector<std::int64_t> Contest::energy() {
    Policy with_energy = policy_;
    with_energy.energy_ns = energy_ns_;
    const double seconds = seconds_alone + 2e-9 * static_cast<double>(energy_ns_);
    std::vector<std::int64_t> energy_uj(contenders_.size(), 0);
    // One after the other: the card must settle at what each makes it take.
    for (const int i : alive()) {
        const auto number = static_cast<std::size_t>(i);
        SampleReport report = run_->sample({&programs_[number], 1}, 0, with_energy, 1, seconds);
        if (report.run.outcome == Outcome::ok) {
            energy_uj[number] = report.samples.front().energy_uj;
            continue;
        }
        const bool ended = report.run.poisoned;
        disqualify(i, std::move(report.run));
        if (ended) restart();
    }
    return energy_uj;
}

std::vector<int> Contest::alive() const {
    std::vector<int> alive;
    for (std::size_t i = 0; i < failures_.size(); ++i)
        if (!failures_[i]) alive.push_back(static_cast<int>(i));
    return alive;
}

void Contest::disqualify(int i, RunReport why) {
    failures_[static_cast<std::size_t>(i)] = std::move(why);
}

void Contest::start() {
    // A loader that ends the process takes one contender out, so this ends.
    for (bool complete = false; !complete;) {
        run_.reset(); // one run at a time
        run_.emplace(worker_.start());
        programs_.assign(programs_.size(), -1);
        complete = true;
        int count = 0;
        for (const int i : alive()) {
            RunReport report = run_->load(*contenders_[static_cast<std::size_t>(i)]);
            if (report.outcome == Outcome::ok) {
                programs_[static_cast<std::size_t>(i)] = count++;
                continue;
            }
            complete = !report.poisoned;
            disqualify(i, std::move(report));
            if (!complete) break;
        }
    }
}

void Contest::restart() {
    ++restarts_;
    start();
}

CheckReport Contest::check(int i, int set) {
    CheckReport report = run_->check(programs_[static_cast<std::size_t>(i)], set);
    launch_seconds_[static_cast<std::size_t>(i)] = static_cast<double>(report.duration_ps) * 1e-12;
    if (report.run.outcome != Outcome::ok) {
        disqualify(i, report.run);
        if (report.run.poisoned) restart();
    }
    return report;
}

SampleReport Contest::ask(std::span<const int> chosen, int rounds, double seconds) {
    // Every call begins with another program; within a call the backend rotates the order.
    std::vector<int> order(chosen.begin(), chosen.end());
    const std::size_t shift = turn_++ % order.size();
    std::rotate(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shift), order.end());
    std::vector<int> programs;
    programs.reserve(order.size());
    for (const int i : order) programs.push_back(programs_[static_cast<std::size_t>(i)]);

    SampleReport report = run_->sample(programs, 0, policy_, rounds, seconds);
    if (report.run.outcome == Outcome::ok) {
        std::rotate(report.samples.begin(),
                    report.samples.end() - static_cast<std::ptrdiff_t>(shift),
                    report.samples.end());
        return report;
    }
    const auto culprit = std::find(programs.begin(), programs.end(), report.program);
    report.program = culprit == programs.end()
                         ? -1
                         : order[static_cast<std::size_t>(culprit - programs.begin())];
    return report;
}

RunReport Contest::run_alone(int i) {
    run_.reset();
    run_.emplace(worker_.start());
    const int first = 0;
    RunReport report = run_->load(*contenders_[static_cast<std::size_t>(i)]);
    const Clock::time_point until =
        Clock::now() +
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds_alone));
    for (int call = 0; call < calls_alone && report.outcome == Outcome::ok; ++call) {
        const double left = seconds_until(until);
        if (left == 0) break;
        report = run_->sample({&first, 1}, 0, policy_, 1, left).run;
    }
    return report;
}

bool Contest::find_culprits(std::span<const int> chosen) {
    bool found = false;
    for (const int i : chosen) {
        RunReport report = run_alone(i);
        if (report.outcome == Outcome::ok) continue;
        disqualify(i, std::move(report));
        found = true;
    }
    return found;
}

std::vector<Samples> Contest::sample(std::span<const int> chosen, int rounds,
                                     Clock::time_point until, const std::function<bool()>& stop) {
    std::vector<Samples> collected(chosen.size());
    double round_seconds = 0; // expected of one, 0: unknown
    for (const int i : chosen)
        round_seconds += launches_per_sample * launch_seconds_[static_cast<std::size_t>(i)];
    for (int done = 0; done < rounds;) {
        std::vector<int> still;
        for (const int i : chosen)
            if (!failure(i)) still.push_back(i);
        if (still.empty()) break;

        int count = 1;
        if (round_seconds > 0)
            count = static_cast<int>(std::clamp(seconds_between_asking / round_seconds, 1.0,
                                                static_cast<double>(rounds - done)));
        const Clock::time_point begin = Clock::now();
        SampleReport report = ask(still, count, seconds_until(until));
        round_seconds = std::chrono::duration<double>(Clock::now() - begin).count() / count;

        if (report.run.outcome != Outcome::ok) {
            bool explained = true;
            if (report.program >= 0) {
                disqualify(report.program, report.run);
            } else {
                explained = find_culprits(still);
            }
            if (report.program < 0 || report.run.poisoned) restart();
            if (!explained && ++unexplained_ > most_unexplained) return {};
            continue;
        }
        const bool late = Clock::now() >= until;
        for (std::size_t i = 0, j = 0; i < chosen.size(); ++i) {
            if (j == still.size() || chosen[i] != still[j]) continue;
            const Samples& taken = report.samples[j++];
            append(collected[i], taken);
            if (is_empty(taken) && !late)
                disqualify(chosen[i],
                           {Outcome::launch_failed, "could not be launched while timed", false});
        }
        done += count;
        if (late || stop()) break;
    }
    // Failing is said by an empty entry, so a healthy contender must not have one.
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if (failure(chosen[i])) {
            collected[i] = {};
        } else if (is_empty(collected[i])) {
            return {};
        }
    }
    return collected;
}

} // namespace hone
