#include "hone/error.hpp"
#include "lib/replay/yardstick.hpp"
#include "tests/catch.hpp"
#include "tests/replay/recorded.hpp"

#include <cmath>

using namespace hone;
using namespace hone::replay;
using hone::test::space_of;

namespace {

constexpr double ns = 1e6; // values are in ns, times of records in ms

// opt 1, med 5. F(0.01): y = 4.96, i = 5, ceil(5 / 5) = 1. F(0.95): y = 1.2, i = 6,
// ceil(6 / 4) = 2. So t goes from 1 s to 2 s, and M is 1 or 2: the places are 5 and
// round(20 / 3) = 7 of the nine in descending order: from 0, as published, 2 and 1.1; from 1, 5 and
// 1.2.
const std::vector<double> nine = {1, 1.1, 1.2, 2, 5, 6, 7, 8, 9};

Trajectory steps(std::initializer_list<std::pair<double, double>> time_and_best) {
    Trajectory trajectory;
    for (const auto& [time, best] : time_and_best) trajectory.push_back({time, best * ns, 0});
    return trajectory;
}

} // namespace

TEST_CASE("times and the random curve of nine values are those worked out by hand", "[replay]") {
    const RecordedSpace space = space_of(nine);
    const Yardstick yardstick(space, Objective::time);
    CHECK(yardstick.optimum() == Approx(1 * ns));
    CHECK(yardstick.median() == Approx(5 * ns));
    CHECK(yardstick.random_evaluations(0.01) == 1);
    CHECK(yardstick.random_evaluations(0.95) == 2);
    CHECK(yardstick.times().front() == Approx(1));
    CHECK(yardstick.times().back() == Approx(2));
    CHECK(yardstick.times().size() == 1000);
    CHECK(yardstick.random_curve().front() == Approx(5 * ns));
    CHECK(yardstick.random_curve().back() == Approx(1.2 * ns));
    CHECK(yardstick.horizon() == Approx(2.2));
    CHECK(yardstick.rank(1.2 * ns) == 2);
}

TEST_CASE("scores of made searches are those worked out by hand", "[replay]") {
    const RecordedSpace space = space_of(nine);
    const Yardstick yardstick(space, Objective::time);
    // With u = t - 1 the random curve is opt + 4 - 3.8 u, as published opt + 1 - 0.9 u; a search
    // that has S scores the integral of 1 - (S - opt) / (curve - opt).
    struct Stretch {
        double until, found;
    };
    const auto expected = [](double a, double b, const std::vector<Stretch>& stretches) {
        double score = 1, from = 0;
        for (const Stretch& stretch : stretches) {
            score -= (stretch.found - 1) * std::log((a - b * from) / (a - b * stretch.until)) / b;
            from = stretch.until;
        }
        return score;
    };
    struct Row {
        std::string what;
        std::vector<Trajectory> repeats;
        std::vector<Stretch> found;
    };
    for (const Row& row : std::vector<Row>{
             {"the optimum at once", {steps({{1, 1}, {2, 1}})}, {{1, 1}}},
             {"ranks 3 and 1, joined by a line",
              {steps({{1, 2}, {2, 1.1}})},
              {{0.25, 2}, {0.75, 1.2}, {1, 1.1}}},
             {"a rank of 2", {steps({{1, 1.2}, {2, 1.2}})}, {{1, 1.2}}},
             {"a rank of 2 on average",
              {steps({{1, 1}, {2, 1}}), steps({{1, 5}, {2, 5}})},
              {{1, 1.2}}},
             {"ended early: what was found stays found", {steps({{1, 1.2}})}, {{1, 1.2}}},
             {"ended before the first time compared", {steps({{0.5, 1.2}})}, {{1, 1.2}}},
             {"nothing found in time is as bad as the worst", {steps({{3, 1}})}, {{1, 9}}},
             {"nothing found at all", {Trajectory{}}, {{1, 9}}},
         }) {
        INFO(row.what);
        const Scorer scorer(yardstick, row.repeats);
        CHECK(scorer.score().unbiased ==
              Approx(expected(4, 3.8, row.found)).epsilon(3e-3).margin(3e-3));
        CHECK(scorer.score().published ==
              Approx(expected(1, 0.9, row.found)).epsilon(3e-3).margin(3e-3));
    }
}

TEST_CASE("what is too early or too late to be compared does not count", "[replay]") {
    const RecordedSpace space = space_of(nine);
    const Yardstick yardstick(space, Objective::time);
    const auto score = [&](const Trajectory& repeat) {
        return Scorer(yardstick, std::vector<Trajectory>{repeat}).score().unbiased;
    };
    const double within = score(steps({{0.95, 2}, {2.1, 1.1}}));
    CHECK(score(steps({{0.5, 9}, {0.95, 2}, {2.1, 1.1}, {2.3, 1}})) == within);
}

TEST_CASE("failures cost time and have no rank", "[replay]") {
    // Three of twelve fail. i(0.95) = 6 of N = 9 as before, the median cost is still 1 s, and 9
    // valid ones take 12 s in all, so t = 2 s pays for round(1.5) = 2 of them.
    std::vector<test::CacheRecord> records;
    for (std::size_t i = 0; i < nine.size(); ++i)
        records.push_back({static_cast<int>(i), 0, std::to_string(nine[i])});
    for (int i = 0; i < 3; ++i) records.push_back({i, 1, "\"RuntimeFailedConfig\""});
    const RecordedSpace space = parse_recorded_space(test::cache_text(records), "made");
    const Yardstick yardstick(space, Objective::time);
    CHECK(yardstick.valid() == 9);
    CHECK(yardstick.times().back() == Approx(2));
    CHECK(yardstick.random_curve().back() == Approx(1.2 * ns));
}

TEST_CASE("resampled repeats score as those repeats do", "[replay]") {
    const RecordedSpace space = space_of(nine);
    const Yardstick yardstick(space, Objective::time);
    const std::vector<Trajectory> same(5, steps({{1, 2}, {2, 1.1}}));
    const Scorer scorer(yardstick, same);
    for (const ScorePair& score : scorer.bootstrap(20, 1)) {
        CHECK(score.unbiased == Approx(scorer.score().unbiased));
        CHECK(score.published == Approx(scorer.score().published));
    }
    const std::vector<Trajectory> two = {same[0], steps({{1, 1}, {2, 1}})};
    const Scorer mixed(yardstick, two);
    CHECK(mixed.score(std::vector<double>{1, 0}).unbiased == Approx(scorer.score().unbiased));
    CHECK(mixed.score(std::vector<double>{0, 2}).unbiased == Approx(1));
    CHECK(mixed.bootstrap(20, 1) == mixed.bootstrap(20, 1));
}

TEST_CASE("quantiles are linear between the values", "[replay]") {
    CHECK(quantile({7}, 0.5) == 7);
    CHECK(quantile({3, 1, 2}, 0.5) == 2);
    CHECK(quantile({1, 2, 3, 4}, 0.5) == 2.5);
    CHECK(quantile({0, 10}, 0.1) == Approx(1));
    CHECK(std::isinf(quantile({1, INFINITY, INFINITY}, 0.75)));
}

TEST_CASE("an objective that nothing recorded is refused", "[replay]") {
    const RecordedSpace space = space_of(nine);
    CHECK_THROWS_AS(Yardstick(space, Objective::energy), Error);
}
