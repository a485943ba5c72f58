#include "lib/measure/race.hpp"
#include "lib/measure/settle.hpp"
#include "tests/catch.hpp"
#include "tests/measure/simulated_machine.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

using namespace hone;
using test::Manners;
using test::SimulatedMachine;

namespace {

// Times of a search's better half: many close to the best, a tail up to 40 % behind.
std::vector<double> field(SimulatedMachine& machine, std::size_t count) {
    std::vector<double> times;
    for (std::size_t i = 0; i < count; ++i) {
        const double u = machine.uniform();
        times.push_back(1e9 * (1 + 0.4 * u * u));
    }
    return times;
}

double best_kept(const std::vector<double>& times, const std::vector<RaceStanding>& standings) {
    double best = 1e300;
    for (std::size_t i = 0; i < times.size(); ++i)
        if (standings[i].kept) best = std::min(best, times[i]);
    return best;
}

std::size_t count_kept(const std::vector<RaceStanding>& standings) {
    return static_cast<std::size_t>(std::count_if(standings.begin(), standings.end(),
                                                  [](const RaceStanding& s) { return s.kept; }));
}

struct Weather {
    std::string name;
    std::size_t most_samples = 0; // of one candidate, mean
    Manners manners;
};

const std::vector<Weather> weathers = {
    {"calm", 16, {.burst_rate = 0, .drift = 0, .steps = {}}},
    {"noisy", 55, {.skew = 0.02, .burst_rate = 0, .drift = 0, .steps = {}}},
    {"bursts", 22, {.burst_rate = 0.02, .drift = 0, .steps = {}}},
    {"drift", 90, {.burst_rate = 0, .drift = 0.03, .drift_samples = 300, .steps = {}}},
    {"clock steps", 36, {.burst_rate = 0, .drift = 0, .steps = {{100, 1.15}, {250, 0.8}}}},
    {"everything", 66, {.skew = 0.01, .steps = {{150, 1.1}}}},
};

} // namespace

TEST_CASE("a race keeps the best candidate and spends few samples", "[measure]") {
    constexpr std::size_t count = 40, keep = 5;
    constexpr int races = 60;
    for (const Weather& weather : weathers) {
        CAPTURE(weather.name);
        int lost = 0;
        double regret = 0;
        std::size_t samples = 0;
        for (std::uint64_t seed = 1; seed <= races; ++seed) {
            SimulatedMachine machine(seed, weather.manners);
            const std::vector<double> times = field(machine, count);
            const double best = *std::min_element(times.begin(), times.end());
            const std::vector<RaceStanding> standings = race(count, keep, machine.sampler(times));
            CHECK(count_kept(standings) <= keep);
            CHECK(count_kept(standings) >= 1);
            const double loss = best_kept(times, standings) / best - 1;
            CHECK(loss <= 0.005);
            lost += loss > 0 ? 1 : 0;
            regret += loss / races;
            samples += machine.samples();
        }
        INFO("lost " << lost << ", regret " << regret << ", samples "
                     << static_cast<double>(samples) / (count * races));
        CHECK(lost <= 6);
        CHECK(regret <= 1e-4);
        CHECK(samples <= weather.most_samples * count * races);
    }
}

TEST_CASE("a clear field is decided by the first round", "[measure]") {
    SimulatedMachine machine(1, {.burst_rate = 0, .drift = 0, .steps = {}});
    std::vector<double> times(30, 1.5e9);
    times[17] = 1e9;
    const std::vector<RaceStanding> standings = race(times.size(), 5, machine.sampler(times));
    CHECK(machine.samples() == 30 * 4);
    CHECK(count_kept(standings) == 1);
    CHECK(standings[17].kept);
    CHECK(standings[3].time.count == 4); // the time it had when it left
}

TEST_CASE("candidates that fail leave the race", "[measure]") {
    SimulatedMachine machine(1, {});
    const Sampler healthy = machine.sampler({1e9, 2e9, 1.01e9});
    int rounds_taken = 0;
    const Sampler sampler = [&](std::span<const int> candidates, int rounds) {
        std::vector<Samples> samples = healthy(candidates, rounds);
        ++rounds_taken;
        for (std::size_t i = 0; i < candidates.size(); ++i)
            if (candidates[i] == 0) samples[i] = {};
        return samples;
    };
    const std::vector<RaceStanding> standings = race(3, 1, sampler);
    CHECK(standings[0].failed);
    CHECK_FALSE(standings[0].kept);
    CHECK(standings[0].time.count == 0);
    CHECK(standings[2].kept);
    CHECK_FALSE(standings[1].kept);

    const Sampler broken = [](std::span<const int> candidates, int) {
        return std::vector<Samples>(candidates.size());
    };
    for (const RaceStanding& standing : race(3, 1, broken)) {
        CHECK(standing.failed);
        CHECK_FALSE(standing.kept);
    }
    for (const RaceStanding& standing : settle(3, 0.005, broken)) CHECK(standing.failed);
}

TEST_CASE("a race that is over early keeps the best by what it has", "[measure]") {
    SimulatedMachine machine(1, {.burst_rate = 0, .drift = 0, .steps = {}});
    const Sampler healthy = machine.sampler({1.02e9, 1e9, 1.03e9, 1.04e9});
    int left = 1;
    const Sampler sampler = [&](std::span<const int> candidates, int rounds) {
        return left-- > 0 ? healthy(candidates, rounds) : std::vector<Samples>{};
    };
    const std::vector<RaceStanding> standings = race(4, 2, sampler);
    CHECK(machine.samples() == 16);
    CHECK(standings[0].kept);
    CHECK(standings[1].kept);
    CHECK_FALSE(standings[2].kept);

    left = 0; // before anything was timed somebody is kept all the same, and nobody has a time
    const std::vector<RaceStanding> nothing = race(4, 2, sampler);
    CHECK(count_kept(nothing) == 2);
    CHECK(nothing[0].time == TimeSummary{});
}

TEST_CASE("stages end even when every sample is dropped", "[measure]") {
    const Sampler sampler = [](std::span<const int> candidates, int rounds) {
        std::vector<Samples> samples(candidates.size());
        for (Samples& one : samples) one.dropped = rounds;
        return samples;
    };
    CHECK(count_kept(race(8, 3, sampler)) == 3);
    for (const RaceStanding& standing : settle(3, 0.005, sampler)) {
        CHECK(standing.time.count == 0);
        CHECK(standing.time.noisy);
        CHECK(standing.time.dropped >= 64);
        CHECK_FALSE(standing.failed);
    }
}

TEST_CASE("screened candidates go on when they are at most 35 % behind", "[measure]") {
    TimeSummary time;
    time.count = 3;
    time.median_ps = 1350;
    CHECK(worth_racing(time, 1000));
    time.median_ps = 1351;
    CHECK_FALSE(worth_racing(time, 1000));
    CHECK(worth_racing(time, 0));
    CHECK(worth_racing(TimeSummary{}, 1000)); // nothing known is no reason to drop it
}
