#include "lib/measure/settle.hpp"
#include "tests/catch.hpp"
#include "tests/measure/simulated_machine.hpp"

#include <cmath>
#include <vector>

using namespace hone;
using test::SimulatedMachine;

TEST_CASE("a quiet machine settles contenders with the fewest samples", "[measure]") {
    SimulatedMachine machine(1, {.skew = 0.001, .burst_rate = 0, .drift = 0, .steps = {}});
    for (const RaceStanding& standing :
         settle(4, 0.005, machine.sampler({1e9, 1.1e9, 1.2e9, 3e9}))) {
        CHECK(standing.kept);
        CHECK_FALSE(standing.time.noisy);
        CHECK(standing.time.count == 16);
        CHECK(relative_half_width(standing.time) <= 0.005);
    }
}

TEST_CASE("noise costs samples until the interval is narrow", "[measure]") {
    SimulatedMachine machine(1, {.skew = 0.01, .burst_rate = 0, .drift = 0, .steps = {}});
    const std::vector<RaceStanding> standings = settle(2, 0.005, machine.sampler({1e9, 2e9}));
    for (const RaceStanding& standing : standings) {
        CHECK_FALSE(standing.time.noisy);
        CHECK(standing.time.count > 16);
        CHECK(standing.time.count < 200);
    }
    CHECK(static_cast<double>(standings[1].time.median_ps) /
              static_cast<double>(standings[0].time.median_ps) ==
          Approx(2).epsilon(0.005));
}

TEST_CASE("what will not narrow is marked noisy and ends by itself", "[measure]") {
    SimulatedMachine machine(1, {.skew = 0.6, .burst_rate = 0, .drift = 0, .steps = {}});
    for (const RaceStanding& standing : settle(2, 0.005, machine.sampler({1e9, 1e9}))) {
        CHECK(standing.kept);
        CHECK(standing.time.noisy);
        CHECK(standing.time.count >= 64);
        CHECK(standing.time.count <= 1500);
    }
}

TEST_CASE("a contender that is narrow goes on with the others", "[measure]") {
    // The second one is noisy; ratios are fair only when both saw the same rounds.
    SimulatedMachine machine(1, {.skew = 0.001, .burst_rate = 0, .drift = 0, .steps = {}});
    const Sampler sampler = [&](std::span<const int> candidates, int rounds) {
        std::vector<Samples> samples(candidates.size());
        for (int round = 0; round < rounds; ++round)
            for (std::size_t i = 0; i < candidates.size(); ++i)
                samples[i].picoseconds.push_back(
                    machine.sample(i == 1 ? 1e9 * (1 + 0.05 * machine.uniform()) : 1e9));
        return samples;
    };
    const std::vector<RaceStanding> standings = settle(2, 0.005, sampler);
    CHECK(standings[0].time.count == standings[1].time.count);
    CHECK(standings[0].time.count > 16);
}

TEST_CASE("a step of the clock does not widen the result", "[measure]") {
    SimulatedMachine machine(3, {.burst_rate = 0, .drift = 0, .steps = {{20, 1.2}}});
    const std::vector<RaceStanding> standings = settle(2, 0.005, machine.sampler({1e9, 1.5e9}));
    for (const RaceStanding& standing : standings) CHECK_FALSE(standing.time.noisy);
    CHECK(standings[0].time.median_ps > 1'190'000'000); // all of it at the new pace
    CHECK(static_cast<double>(standings[1].time.median_ps) /
              static_cast<double>(standings[0].time.median_ps) ==
          Approx(1.5).epsilon(0.005));
}

TEST_CASE("an interrupted final has what was taken", "[measure]") {
    SimulatedMachine machine(1, {.skew = 0.03, .burst_rate = 0, .drift = 0, .steps = {}});
    const Sampler healthy = machine.sampler({1e9, 2e9});
    int left = 1;
    const Sampler sampler = [&](std::span<const int> candidates, int rounds) {
        return left-- > 0 ? healthy(candidates, rounds) : std::vector<Samples>{};
    };
    for (const RaceStanding& standing : settle(2, 0.005, sampler)) {
        CHECK(standing.kept);
        CHECK(standing.time.count == 8);
        CHECK(standing.time.noisy);
    }
}
