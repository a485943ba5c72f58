// What each core strategy is for.
#include "hone/error.hpp"
#include "tests/catch.hpp"
#include "tests/search/plugins.hpp"
#include "tests/seed.hpp"
#include "tests/space/spaces.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <string>

using namespace hone;
using namespace hone::test;

namespace {

// One trial after the other; `visit` sees each config and returns what became of it.
template <typename Visit> void run(Strategy& strategy, std::size_t trials, Visit visit) {
    for (std::size_t i = 0; i < trials; ++i) {
        const auto proposals = strategy.ask(1, {});
        if (proposals.empty()) return;
        strategy.tell(visit(proposals[0]));
    }
}

} // namespace

TEST_CASE("exhaustive search goes through a space in order", "[search]") {
    const SearchSpace space(counting_parameters(3, 4), {Constraint::expression("p0 < p2")});
    const auto strategy = make_search("exhaustive");
    strategy->begin({&space, 0});
    std::vector<ConfigIndex> order;
    run(*strategy, 1000, [&](ConfigIndex config) {
        order.push_back(config);
        return Observation{config, Outcome::ok, 1.0};
    });
    CHECK(order == brute_force(space));
}

TEST_CASE("exhaustive search refuses a space that cannot be listed", "[search]") {
    const SearchSpace space(counting_parameters(3, 4), {Constraint::expression("p0 != p1")}, {5});
    REQUIRE_FALSE(space.legal_count());
    CHECK_THROWS_AS(make_search("exhaustive")->begin({&space, 0}), Error);
}

TEST_CASE("random search favours no config", "[search]") {
    const SearchSpace space(counting_parameters(3, 3), {Constraint::expression("p0 <= p1")});
    const auto legal = brute_force(space);
    // In each place of the order every config is equally likely: look at the first and third.
    std::map<ConfigIndex, int> first;
    std::map<ConfigIndex, int> third;
    const auto strategy = make_search("random");
    constexpr int per_config = 200;
    const auto runs = per_config * legal.size();
    for (std::uint64_t i = 0; i < runs; ++i) {
        strategy->begin({&space, seed() * runs + i});
        const auto order = strategy->ask(3, {});
        ++first[order[0]];
        ++third[order[2]];
    }
    for (auto* hits : {&first, &third}) {
        double chi_square = 0;
        for (const ConfigIndex config : legal)
            chi_square += std::pow((*hits)[config] - per_config, 2) / per_config;
        const auto freedom = static_cast<double>(legal.size() - 1);
        CHECK(chi_square < freedom + 4 * std::sqrt(2 * freedom) + 10);
    }
}

TEST_CASE("local search descends to the bottom of a large basin", "[search]") {
    const SearchSpace space(
        counting_parameters(12, 10),
        {Constraint::expression("p0 + p1 <= 12"), Constraint::expression("p2 % 2 == p3 % 2")});
    std::vector<std::uint32_t> digits(12);
    double best = std::numeric_limits<double>::infinity();
    const auto strategy = make_search("local");
    strategy->begin({&space, seed()});
    run(*strategy, 4000, [&](ConfigIndex config) {
        space.digits(config, digits);
        double value = 1;
        for (std::size_t p = 0; p < 12; ++p)
            value += std::pow(static_cast<double>(digits[p]) - static_cast<double>(p % 5), 2);
        best = std::min(best, value);
        return Observation{config, Outcome::ok, value};
    });
    CHECK(best <= 3); // p2 and p3 want to be 2 and 3, which their constraint does not allow
}

TEST_CASE("local search leaves a basin that holds nothing better", "[search]") {
    // Two basins; nothing connects them but a jump.
    const SearchSpace space(counting_parameters(4, 10), {});
    std::vector<std::uint32_t> digits(4);
    double best = std::numeric_limits<double>::infinity();
    const auto strategy = make_search("local");
    SearchTask task{&space, seed()};
    task.seeds = {{0}};
    strategy->begin(task);
    run(*strategy, 9'000, [&](ConfigIndex config) {
        space.digits(config, digits);
        double to_shallow = 0;
        double to_deep = 0;
        for (const std::uint32_t digit : digits) {
            to_shallow += digit;
            to_deep += 9.0 - digit;
        }
        const double value = std::min(10 + to_shallow, 5 + 6 * to_deep);
        best = std::min(best, value);
        return Observation{config, Outcome::ok, value};
    });
    CHECK(best == 5);
}

TEST_CASE("local search learns which values fail", "[search]") {
    // p0 above 1 crashes, which no constraint says.
    const SearchSpace space(counting_parameters(6, 8), {});
    std::vector<std::uint32_t> digits(6);
    int crashes = 0;
    int trials = 0;
    const auto strategy = make_search("local");
    strategy->begin({&space, seed()});
    run(*strategy, 600, [&](ConfigIndex config) {
        space.digits(config, digits);
        ++trials;
        if (digits[0] > 1) {
            ++crashes;
            return Observation{config, Outcome::crash};
        }
        double value = 1;
        for (const std::uint32_t digit : digits) value += std::pow(digit - 3.3, 2);
        return Observation{config, Outcome::ok, value};
    });
    CHECK(trials == 600);
    CHECK(crashes < trials / 4); // three in four by chance
}

TEST_CASE("local search starts from what is known", "[search]") {
    const SearchSpace space(counting_parameters(6, 10), {});
    const ConfigIndex known = space.index(std::vector<std::uint32_t>{3, 1, 4, 1, 5, 9});
    const auto strategy = make_search("local");
    strategy->begin({&space, seed()});
    for (std::uint64_t i = 0; i < 50; ++i) strategy->tell({{i * 1009}, Outcome::ok, 9});
    strategy->tell({known, Outcome::ok, 1.0});
    const auto around = space.neighbours(known);
    for (const ConfigIndex config : strategy->ask(10, {}))
        CHECK(std::binary_search(around.begin(), around.end(), config));
}

namespace {

// Trials until a value of at most `good`; `most` when there was none.
template <typename Value>
std::size_t trials_until(Strategy& strategy, std::size_t most, double good, Value value) {
    for (std::size_t i = 1; i <= most; ++i) {
        const auto proposals = strategy.ask(1, {});
        if (proposals.empty()) return most;
        const Observation observation = value(proposals[0]);
        strategy.tell(observation);
        if (observation.outcome == Outcome::ok && observation.value <= good) return i;
    }
    return most;
}

} // namespace

TEST_CASE("searches that learn need few trials", "[search]") {
    // Smooth in three orders, rough in two; one config in 20,000 is within 1 % of the best.
    const SearchSpace space(counting_parameters(5, 8), {});
    std::vector<std::uint32_t> digits(5);
    const auto value = [&](ConfigIndex config) {
        space.digits(config, digits);
        double time = 1;
        for (std::size_t p = 0; p < 3; ++p)
            time *= 1 + 0.05 * std::pow(static_cast<double>(digits[p]) - 3, 2);
        time *= digits[3] % 3 == 1 ? 1 : 1.4;
        time *= digits[4] == 5 ? 1 : 1.3;
        return Observation{config, Outcome::ok, time};
    };
    const std::map<std::string, std::size_t> most = {
        {"local", 1500},
        {"annealing", 1500},
        {"genetic", 1500},
        {"surrogate", 250},
        {"portfolio", is_there("surrogate") ? 400 : 1500}};
    for (const auto& [name, trials] : most) {
        CAPTURE(name);
        if (!is_there(name)) continue;
        const auto strategy = make_search(name);
        strategy->begin({&space, seed()});
        CHECK(trials_until(*strategy, trials, 1.01, value) < trials);
    }
}

TEST_CASE("surrogate search avoids combinations that fail", "[search]") {
    if (!is_there("surrogate")) return;
    // No single value fails always: p0 * p1 above 20 does, which no constraint says.
    const SearchSpace space(counting_parameters(4, 10), {});
    std::vector<std::uint32_t> digits(4);
    int failed = 0;
    const auto strategy = make_search("surrogate");
    strategy->begin({&space, seed()});
    run(*strategy, 200, [&](ConfigIndex config) {
        space.digits(config, digits);
        if (digits[0] * digits[1] > 20) {
            ++failed;
            return Observation{config, Outcome::launch_failed};
        }
        // Better towards the border.
        return Observation{config, Outcome::ok,
                           100.0 - digits[0] - digits[1] + std::pow(digits[2] - 4.0, 2)};
    });
    CHECK(failed < 80); // 39 of 100 configs fail, and most that look good
}

TEST_CASE("surrogate search finds what works where hardly anything does", "[search]") {
    if (!is_there("surrogate")) return;
    // One value in ten works; until it is found there is no time to learn from.
    const SearchSpace space(counting_parameters(4, 10), {});
    std::vector<std::uint32_t> digits(4);
    const auto strategy = make_search("surrogate");
    strategy->begin({&space, seed()});
    int failed = 0;
    run(*strategy, 150, [&](ConfigIndex config) {
        space.digits(config, digits);
        if (digits[0] != 9) {
            ++failed;
            return Observation{config, Outcome::out_of_memory};
        }
        double value = 1;
        for (std::size_t p = 1; p < 4; ++p) value += std::pow(digits[p] - 4.3, 2);
        return Observation{config, Outcome::ok, value};
    });
    CHECK(failed < 100); // 135 by chance
}

TEST_CASE("surrogate search learns from the family's features", "[search]") {
    if (!is_there("surrogate")) return;
    // The values say nothing: what counts is a feature that is scattered over them.
    const SearchSpace space(counting_parameters(4, 8), {});
    const auto occupancy = [](ConfigIndex config) {
        return static_cast<double>((config.value * 0x9e3779b97f4a7c15U) >> 54) / 1024.0;
    };
    const auto value = [&](ConfigIndex config) {
        return Observation{config, Outcome::ok, 1 + std::pow(occupancy(config) - 0.37, 2)};
    };
    SearchTask task{&space, seed()};
    task.feature_names = {"occupancy"};
    task.features = [&](ConfigIndex config) { return std::vector<double>{occupancy(config)}; };
    const auto strategy = make_search("surrogate");
    strategy->begin(task);
    // One config in 100 is as good.
    CHECK(trials_until(*strategy, 60, 1 + 0.005 * 0.005, value) < 60);
}
