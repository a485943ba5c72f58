#include "lib/measure/statistics.hpp"
#include "tests/catch.hpp"
#include "tests/measure/simulated_machine.hpp"
#include "tests/property.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace hone;

namespace {

Samples of(std::vector<std::int64_t> picoseconds) {
    Samples samples;
    samples.picoseconds = std::move(picoseconds);
    return samples;
}

std::vector<std::int64_t> counting(std::int64_t n) {
    std::vector<std::int64_t> values;
    for (std::int64_t i = 1; i <= n; ++i) values.push_back(i);
    return values;
}

} // namespace

TEST_CASE("a summary holds order statistics", "[measure]") {
    struct Row {
        std::int64_t n; // samples 1, 2, ..., n
        std::uint64_t q1, median, q3, low, high;
    };
    // low and high are positions, so they can be read off the formula.
    const std::vector<Row> table = {
        {1, 1, 1, 1, 1, 1},        {2, 1, 1, 1, 1, 2},    {3, 1, 2, 2, 1, 3},
        {5, 2, 3, 4, 1, 5},        {7, 2, 4, 5, 1, 7},    {8, 2, 4, 6, 1, 8},
        {9, 3, 5, 7, 1, 9},        {16, 4, 8, 12, 2, 15}, {64, 16, 32, 48, 21, 44},
        {100, 25, 50, 75, 37, 64},
    };
    for (const Row& row : table) {
        CAPTURE(row.n);
        const TimeSummary time = summarise(of(counting(row.n)));
        CHECK(time.count == static_cast<std::uint64_t>(row.n));
        CHECK(time.min_ps == 1);
        CHECK(time.q1_ps == row.q1);
        CHECK(time.median_ps == row.median);
        CHECK(time.q3_ps == row.q3);
        CHECK(time.low_ps == row.low);
        CHECK(time.high_ps == row.high);
    }
    CHECK(summarise(Samples{}) == TimeSummary{});
}

TEST_CASE("a summary keeps what the samples say about the machine", "[measure]") {
    Samples samples = of({5});
    samples.dropped = 3;
    samples.clock_khz = 2'000'000;
    samples.throttle_bits = 4;
    Samples more = of({7, 9, 11});
    more.dropped = 1;
    more.clock_khz = 2'400'000;
    more.throttle_bits = 8;
    more.energy_uj = 20;
    append(samples, more);
    CHECK(samples.energy_uj == 20);
    const TimeSummary time = summarise(samples);
    CHECK(time.count == 4);
    CHECK(time.dropped == 4);
    CHECK(time.clock_khz == 2'300'000);
    CHECK(time.throttle_bits == 12);
}

TEST_CASE("summaries ignore the order of samples and scale with them", "[measure]") {
    rc::prop("permutation", [] {
        auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(
            rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000)));
        const TimeSummary before = summarise(of(values));
        std::mt19937_64 engine(*rc::gen::arbitrary<std::uint64_t>());
        std::shuffle(values.begin(), values.end(), engine);
        RC_ASSERT(summarise(of(values)) == before);
    });
    rc::prop("order", [] {
        const auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(
            rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000)));
        const TimeSummary time = summarise(of(values));
        RC_ASSERT(time.min_ps <= time.low_ps);
        RC_ASSERT(time.low_ps <= time.median_ps);
        RC_ASSERT(time.median_ps <= time.high_ps);
        RC_ASSERT(time.q1_ps <= time.median_ps);
        RC_ASSERT(time.median_ps <= time.q3_ps);
    });
}

TEST_CASE("the interval covers the median with at least 99 %, whatever the distribution",
          "[measure]") {
    // Exact: the interval [x_j, x_k] misses the median when fewer than j or at least k of n
    // samples lie below it, and their number is binomial.
    for (std::int64_t n = 8; n <= 3000; n += n < 200 ? 1 : 97) {
        const TimeSummary time = summarise(of(counting(n)));
        double covered = 0;
        for (auto i = static_cast<std::int64_t>(time.low_ps);
             i < static_cast<std::int64_t>(time.high_ps); ++i) {
            const auto real = static_cast<double>(i), all = static_cast<double>(n);
            covered += std::exp(std::lgamma(all + 1) - std::lgamma(real + 1) -
                                std::lgamma(all - real + 1) - all * std::log(2.0));
        }
        CAPTURE(n, time.low_ps, time.high_ps);
        CHECK(covered >= 0.99);
        CHECK(covered <= (n < 64 ? 0.9999 : 0.998)); // not wider than it needs to be
    }
}

TEST_CASE("simulated samples with a long tail fall outside the interval in about 1 % of runs",
          "[measure]") {
    test::SimulatedMachine machine(1, {.burst_rate = 0, .drift = 0, .steps = {}});
    const double true_median = 1e9 * (1 + 0.004 * std::log(2.0));
    int missed = 0;
    constexpr int runs = 4000;
    for (int run = 0; run < runs; ++run) {
        Samples samples;
        for (int i = 0; i < 40; ++i) samples.picoseconds.push_back(machine.sample(1e9));
        const TimeSummary time = summarise(samples);
        if (static_cast<double>(time.low_ps) > true_median ||
            static_cast<double>(time.high_ps) < true_median)
            ++missed;
    }
    CHECK(missed <= 60); // expected at most 40; six standard deviations are 38
    CHECK(missed >= 5);  // an interval that is never wrong is too wide
}

TEST_CASE("more contenders need wider intervals, up to a cap", "[measure]") {
    CHECK(interval_z(1) == Approx(2.5758).epsilon(1e-4));
    CHECK(interval_z(5) == Approx(3.0902).epsilon(1e-4)); // alpha 0.002
    CHECK(interval_z(0) == interval_z(1));
    CHECK(interval_z(1'000'000) == 4.0);
}

TEST_CASE("half widths are relative to the median", "[measure]") {
    TimeSummary time;
    CHECK(relative_half_width(time) == std::numeric_limits<double>::infinity());
    time.count = 10;
    time.low_ps = 990;
    time.median_ps = 1000;
    time.high_ps = 1030;
    CHECK(relative_half_width(time) == Approx(0.02));
    time.low_ps = time.high_ps = time.median_ps = 0;
    CHECK(relative_half_width(time) == 0);
}

TEST_CASE("noise stalls when 64 more samples left the half width where it was", "[measure]") {
    NoiseWatch shrinking, level, late;
    for (std::uint64_t n = 8; n <= 128; n += 8) {
        CAPTURE(n);
        const auto count = static_cast<double>(n);
        shrinking.note(n, 0.1 / std::sqrt(count));
        level.note(n, 0.02 + (n % 16 == 0 ? 0.0005 : 0));
        late.note(n, n <= 64 ? 0.05 : 0.02);
        CHECK_FALSE(shrinking.stalled());
        CHECK(level.stalled() == (n >= 72));
        CHECK(late.stalled() == (n >= 136));
    }
    late.note(136, 0.02);
    CHECK(late.stalled());
    // 1/sqrt(n) itself is flat enough in the end.
    for (std::uint64_t n = 136; n <= 1024; n += 8)
        shrinking.note(n, 0.1 / std::sqrt(static_cast<double>(n)));
    CHECK(shrinking.stalled());
}
