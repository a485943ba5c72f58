#include "lib/measure/measurer.hpp"

#include "lib/measure/contest.hpp"
#include "lib/measure/error_meter.hpp"
#include "lib/measure/race.hpp"
#include "lib/measure/settle.hpp"
#include "lib/measure/verifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace hone {

namespace {

using Clock = std::chrono::steady_clock;
using Look = Verifier::Look;

constexpr int all_sets = static_cast<int>(operand_sets.size());
// A first run is slower than later ones: pages are touched and threads started. Up to this long a
// sample is taken before a candidate is called slow.
constexpr std::int64_t certainly_slow_ps = 50'000'000'000;
// Time enough for samples that are taken whatever the clock says.
constexpr double unhurried_seconds = 600;
constexpr int attempts = 2; // to get samples that other load does not disturb
// One sample says enough about a candidate that is this many times slower than the incumbent.
constexpr std::uint64_t hopeless_factor = 2;

Clock::time_point in(double seconds) {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(
                              std::chrono::duration<double>(std::min(seconds, 1e6)));
}

void fail(Measured& measured, Outcome outcome, std::string detail) {
    if (measured.outcome != Outcome::ok) return;
    measured.outcome = outcome;
    measured.detail = std::move(detail);
}

void fail(Measured& measured, const RunReport& report) {
    if (measured.outcome == Outcome::ok) measured.reports = report.reports;
    fail(measured, report.outcome, report.detail);
}

// What a candidate has to be faster than.
struct Incumbent {
    std::uint64_t ps = 0; // 0: there is none

    // Whether something that takes `time_ps` takes more than `factor` times as long.
    [[nodiscard]] bool beats(std::int64_t time_ps, std::uint64_t factor) const {
        return ps != 0 && time_ps > 0 && static_cast<std::uint64_t>(time_ps) > factor * ps;
    }
    void censor(Measured& measured) const {
        measured.time.median_ps = censor_factor * ps;
        fail(measured, Outcome::censored,
             fmt::format("slower than {} us", measured.time.median_ps / 1'000'000));
    }
};

Measured stopped() {
    Measured measured;
    fail(measured, Outcome::skipped, "interrupted");
    return measured;
}

} // namespace

struct Measurer::Impl {
    Impl(DeviceWorker& device_worker, const Operation& its_operation, const Problem& its_problem,
         MeasureOptions its_options)
        : worker(device_worker), operation(its_operation), problem(its_problem),
          options(std::move(its_options)), verifier(operation, problem, options.seed) {
        provide(screening_sets);
    }

    [[nodiscard]] bool stop() const { return options.stop && options.stop->load(); }

    // Gives the worker at least the first `count` operand sets.
    void provide(int count) {
        if (provided >= count) return;
        std::vector<std::shared_ptr<const OperandMemory>> sets;
        sets.reserve(static_cast<std::size_t>(count));
        for (int set = 0; set < count; ++set) sets.push_back(verifier.set(set).memory);
        worker.set_problem(operation, problem, std::move(sets));
        provided = count;
    }

    [[nodiscard]] std::vector<Measured> blank(std::span<const Executable* const> executables) {
        std::vector<Measured> measured(executables.size());
        for (std::size_t i = 0; i < measured.size(); ++i)
            measured[i].workspace_bytes = static_cast<std::uint64_t>(
                std::max<std::int64_t>(executables[i]->program.workspace_bytes.value(problem), 0));
        return measured;
    }

    // Runs contender `i` on one set and judges what it wrote. Returns how long the launch took.
    std::int64_t prove(Contest& contest, int i, const Executable& executable, int set, Look look,
                       Measured& measured) {
        const CheckReport report = contest.check(i, set);
        if (contest.failure(i)) {
            fail(measured, *contest.failure(i));
            return 0;
        }
        const Verification verdict = verifier.judge(set, executable.program.numerics, look);
        measured.kernel_error = worst(measured.kernel_error, verdict.kernel_error);
        measured.total_error = worst(measured.total_error, verdict.total_error);
        measured.plain_error = worst(measured.plain_error, verdict.plain_error);
        if (verdict.outcome != Outcome::ok) {
            fail(measured, verdict.outcome, verdict.detail);
            contest.disqualify(i, {verdict.outcome, verdict.detail, false});
        }
        return report.duration_ps;
    }

    void prove_all(Contest& contest, std::span<const Executable* const> executables,
                   std::span<Measured> measured) {
        for (const int i : contest.alive())
            for (int set = 0; set < all_sets && !contest.failure(i); ++set)
                prove(contest, i, *executables[static_cast<std::size_t>(i)], set, Look::whole,
                      measured[static_cast<std::size_t>(i)]);
    }

    // More samples of the only contender.
    void take(Contest& contest, int rounds, Samples& samples) const {
        const int chosen = 0;
        const std::vector<Samples> taken =
            contest.sample({&chosen, 1}, rounds, in(unhurried_seconds), [this] { return stop(); });
        if (!taken.empty()) append(samples, taken.front());
    }

    // Takes over what a stage found; contenders that failed in it or before say why.
    static void settle_accounts(const Contest& contest, std::span<const RaceStanding> standings,
                                std::span<Measured> measured) {
        for (std::size_t i = 0; i < measured.size(); ++i) {
            if (const auto& failure = contest.failure(static_cast<int>(i))) {
                fail(measured[i], *failure);
                continue;
            }
            measured[i].time = standings[i].time;
            measured[i].energy_uj =
                static_cast<std::uint64_t>(std::max<std::int64_t>(standings[i].energy_uj, 0));
            if (measured[i].time.count == 0) untimed(measured[i]);
        }
    }

    static void untimed(Measured& measured) {
        if (measured.time.dropped > 0)
            return fail(measured, Outcome::skipped,
                        fmt::format("all of {} samples were disturbed by other load",
                                    measured.time.dropped));
        fail(measured, Outcome::skipped, "no time left to measure it");
    }

    DeviceWorker& worker;
    const Operation& operation;
    const Problem problem;
    const MeasureOptions options;
    Verifier verifier;
    int provided = 0; // operand sets the worker has
};

Measurer::Measurer(DeviceWorker& worker, const Operation& operation, const Problem& problem,
                   MeasureOptions options)
    : impl_(std::make_unique<Impl>(worker, operation, problem, std::move(options))) {}

Measurer::~Measurer() = default;

Measured Measurer::screen(const Executable& candidate, std::uint64_t incumbent_ps) {
    if (impl_->stop()) return stopped();
    const Executable* const one = &candidate;
    Measured measured = impl_->blank({&one, 1}).front();
    Contest contest(impl_->worker, {&one, 1}, impl_->options.policy);
    if (contest.failure(0)) {
        fail(measured, *contest.failure(0));
        return measured;
    }

    const Incumbent incumbent{incumbent_ps};
    std::int64_t fastest_ps = std::numeric_limits<std::int64_t>::max();
    for (int set = 0; set < screening_sets; ++set) {
        // The probe costs the host more than all the rest, so screening runs it once.
        const Look look = set == 0 ? Look::whole : Look::rows;
        const std::int64_t ps = impl_->prove(contest, 0, candidate, set, look, measured);
        if (contest.failure(0)) return measured;
        fastest_ps = std::min(fastest_ps, ps);
        if (ps > certainly_slow_ps && incumbent.beats(ps, censor_factor)) {
            incumbent.censor(measured);
            return measured;
        }
    }

    Samples samples;
    bool hopeless = false;
    // One that seems slow gets a single sample, which may end it.
    if (incumbent.beats(fastest_ps, hopeless_factor)) {
        impl_->take(contest, 1, samples);
        for (const std::int64_t ps : samples.picoseconds) {
            hopeless = incumbent.beats(ps, hopeless_factor);
            if (incumbent.beats(ps, censor_factor)) {
                incumbent.censor(measured);
                return measured;
            }
        }
    }
    for (int attempt = 0; attempt < attempts && !hopeless && !contest.failure(0); ++attempt) {
        const int missing = screening_rounds - static_cast<int>(samples.picoseconds.size());
        if (missing <= 0 || impl_->stop()) break;
        impl_->take(contest, missing, samples);
    }
    if (contest.failure(0)) {
        fail(measured, *contest.failure(0));
        return measured;
    }
    measured.time = summarise(samples);
    measured.energy_uj = static_cast<std::uint64_t>(std::max<std::int64_t>(samples.energy_uj, 0));
    if (measured.time.count == 0) Impl::untimed(measured);
    return measured;
}

Measured Measurer::check(const Executable& candidate) {
    if (impl_->stop()) return stopped();
    impl_->provide(all_sets);
    const Executable* const one = &candidate;
    std::vector<Measured> measured = impl_->blank({&one, 1});
    Contest contest(impl_->worker, {&one, 1}, impl_->options.policy);
    impl_->prove_all(contest, {&one, 1}, measured);
    if (contest.failure(0)) fail(measured.front(), *contest.failure(0));
    return measured.front();
}

std::vector<Measurer::Raced> Measurer::race(std::span<const Executable* const> candidates, int keep,
                                            double seconds) {
    if (impl_->stop()) return std::vector<Raced>(candidates.size(), Raced{stopped(), false});
    impl_->provide(all_sets);
    std::vector<Measured> measured = impl_->blank(candidates);
    Contest contest(impl_->worker, candidates, impl_->options.policy);
    impl_->prove_all(contest, candidates, measured);

    const std::vector<int> entrants = contest.alive();
    const Clock::time_point until = in(seconds);
    const auto stop = [this] { return impl_->stop(); };
    const std::vector<RaceStanding> raced =
        hone::race(entrants.size(), static_cast<std::size_t>(std::max(keep, 0)),
                   [&](std::span<const int> numbers, int rounds) {
                       std::vector<int> chosen;
                       for (const int number : numbers)
                           chosen.push_back(entrants[static_cast<std::size_t>(number)]);
                       if (Clock::now() >= until || stop()) return std::vector<Samples>{};
                       return contest.sample(chosen, rounds, until, stop);
                   });

    std::vector<RaceStanding> standings(candidates.size());
    for (std::size_t i = 0; i < entrants.size(); ++i)
        standings[static_cast<std::size_t>(entrants[i])] = raced[i];
    Impl::settle_accounts(contest, standings, measured);
    std::vector<Raced> result;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const bool kept = standings[i].kept && !contest.failure(static_cast<int>(i));
        result.push_back({std::move(measured[i]), kept});
    }
    return result;
}

std::vector<Measured> Measurer::final(std::span<const Executable* const> contenders,
                                      double seconds) {
    impl_->provide(all_sets);
    std::vector<Measured> measured = impl_->blank(contenders);
    Contest contest(impl_->worker, contenders, impl_->options.policy);
    impl_->prove_all(contest, contenders, measured);

    std::vector<RaceStanding> standings(contenders.size());
    const auto stop = [this] { return impl_->stop(); };
    double share = seconds;
    // Times of different processes are not mixed: when one ends, the rest begins anew, with less
    // time. Each end takes a contender out, or is one of the few that nobody explains.
    const std::size_t most_starts = contenders.size() + 3;
    bool whole = false;
    for (std::size_t starts = 0; !whole && starts < most_starts; ++starts) {
        const int restarts = contest.restarts();
        const std::vector<int> entrants = contest.alive();
        const Clock::time_point until = in(share);
        bool first = true;
        const std::vector<RaceStanding> settled =
            settle(entrants.size(), impl_->options.interval,
                   [&](std::span<const int> numbers, int rounds) {
                       std::vector<int> chosen;
                       for (const int number : numbers)
                           chosen.push_back(entrants[static_cast<std::size_t>(number)]);
                       const bool over = Clock::now() >= until || stop();
                       if (contest.restarts() != restarts || (over && !first))
                           return std::vector<Samples>{};
                       // Whatever the clock says, each is sampled once.
                       const int least = over ? 1 : rounds;
                       const Clock::time_point end =
                           first ? std::max(until, in(unhurried_seconds)) : until;
                       first = false;
                       return contest.sample(chosen, least, end,
                                             [&] { return stop() || Clock::now() >= until; });
                   });
        whole = contest.restarts() == restarts || entrants.empty();
        for (std::size_t i = 0; i < entrants.size(); ++i)
            standings[static_cast<std::size_t>(entrants[i])] = settled[i];
        share /= 2;
    }

    if (impl_->options.energy && !stop()) {
        const std::vector<std::int64_t> energy_uj = contest.energy();
        for (std::size_t i = 0; i < energy_uj.size(); ++i) standings[i].energy_uj = energy_uj[i];
    }
    Impl::settle_accounts(contest, standings, measured);
    if (!stop()) impl_->prove_all(contest, contenders, measured);
    return measured;
}

std::vector<std::int64_t> Measurer::leading() const {
    std::vector<std::int64_t> leading;
    for (const ArgSpec& arg : impl_->operation.args(impl_->problem))
        leading.push_back(arg.present() && arg.rank >= 2
                              ? arg.strides[static_cast<std::size_t>(arg.rank - 2)]
                              : 0);
    return leading;
}

} // namespace hone
