// What every strategy must do, whatever it searches by.
#include "hone/error.hpp"
#include "tests/catch.hpp"
#include "tests/search/plugins.hpp"
#include "tests/seed.hpp"
#include "tests/space/spaces.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <utility>

using namespace hone;
using namespace hone::test;

namespace {

struct NamedSpace {
    std::string name;
    SearchSpace space;
};

std::vector<NamedSpace> small_spaces() {
    return {
        {"one point", SearchSpace(counting_parameters(3, 1), {})},
        {"two points", SearchSpace(counting_parameters(1, 2), {})},
        {"no point", SearchSpace(counting_parameters(2, 2), {Constraint::expression("p0 > 5")})},
        {"constrained",
         SearchSpace(counting_parameters(4, 5), {Constraint::expression("p0 * p1 <= p2 + p3"),
                                                 Constraint::expression("p1 != p3")})},
        {"islands, which no change of one parameter connects",
         SearchSpace(counting_parameters(3, 8), {Constraint::expression("p0 == p1 == p2")})},
        {"not listed", SearchSpace(counting_parameters(4, 3),
                                   {Constraint::expression("p0 + p1 + p2 + p3 <= 6")}, {10})},
    };
}

std::vector<NamedSpace> large_spaces() {
    return {
        {"10^12 points", SearchSpace(counting_parameters(12, 10), {})},
        {"about 10^11 points, not listed",
         SearchSpace(counting_parameters(12, 10),
                     {Constraint::expression("p0+p1+p2+p3+p4+p5+p6+p7+p8+p9+p10+p11 <= 40")},
                     {10'000})},
    };
}

// A rugged objective with one failure in five.
Observation measure(ConfigIndex config) {
    const std::uint64_t mixed = (config.value + 1) * 0x9e3779b97f4a7c15U;
    Observation observation{config};
    if (mixed >> 61 == 0)
        observation.outcome = Outcome::crash;
    else if (mixed >> 59 == 5)
        observation.outcome = Outcome::compile_failed;
    else if (mixed >> 59 == 6)
        observation.outcome = Outcome::censored;
    else
        observation.value = 1 + static_cast<double>(mixed >> 40);
    return observation;
}

Observation fail(ConfigIndex config) { return {config, Outcome::wrong_result}; }

// A host with `workers` trials under way, whose results come back in random order. Checks what it
// is given; stops at the end of the search or after `most` trials.
template <typename Measure>
std::vector<ConfigIndex> search(Strategy& strategy, const SearchSpace& space, std::size_t workers,
                                std::size_t most, Measure measured) {
    std::mt19937_64 random(7);
    std::vector<ConfigIndex> order;
    std::set<ConfigIndex> proposed;
    std::vector<ConfigIndex> pending;
    while (order.size() < most) {
        const std::size_t free = workers - pending.size();
        const auto proposals = strategy.ask(free, pending);
        REQUIRE(proposals.size() <= free);
        for (const ConfigIndex config : proposals) {
            REQUIRE(space.legal(config));
            REQUIRE(proposed.insert(config).second);
            order.push_back(config);
            pending.push_back(config);
        }
        if (pending.empty()) return order;
        std::shuffle(pending.begin(), pending.end(), random);
        const auto done = std::uniform_int_distribution<std::size_t>(1, pending.size())(random);
        for (std::size_t i = 0; i < done; ++i) {
            strategy.tell(measured(pending.back()));
            pending.pop_back();
        }
    }
    return order;
}

// False for a strategy that refuses the space, as exhaustive search does with one not listed.
bool begins(Strategy& strategy, const SearchTask& task) {
    try {
        strategy.begin(task);
        return true;
    } catch (const Error& error) {
        CHECK(error.code() == Errc::usage);
        CHECK_FALSE(error.hint().empty());
        CHECK_FALSE(task.space->legal_count());
        return false;
    }
}

// Runs `check` for each strategy and space.
template <typename Check> void for_each(const std::vector<NamedSpace>& spaces, Check check) {
    for (const auto& search : search_plugins().searches()) {
        for (const auto& [name, space] : spaces) {
            CAPTURE(search.name, name);
            check(search, space);
        }
    }
}

} // namespace

TEST_CASE("the core strategies are there", "[search]") {
    for (const auto& refused : search_plugins().refused())
        FAIL(refused.path + ": " + refused.reason);
    std::set<std::string> names;
    for (const auto& search : search_plugins().searches()) {
        CAPTURE(search.name);
        CHECK(names.insert(search.name).second);
        CHECK_FALSE(search.summary.empty());
        CHECK(make_search(search.name) != nullptr);
    }
    for (const char* name : {"random", "exhaustive", "local", "annealing", "genetic", "portfolio"})
        CHECK(names.contains(name));
}

TEST_CASE("a strategy proposes every legal config once, then ends", "[search]") {
    for_each(small_spaces(), [](const auto& plugin, const SearchSpace& space) {
        const auto legal = brute_force(space);
        for (const std::size_t workers : {1, 3, 50}) {
            CAPTURE(workers);
            const auto strategy = make_search(plugin.name);
            if (!begins(*strategy, {&space, seed()})) continue;
            CHECK(search(*strategy, space, workers, 10'000, measure).size() == legal.size());
            CHECK(strategy->ask(5, {}).empty());
        }
    });
}

TEST_CASE("a strategy goes on when every candidate fails", "[search]") {
    for_each(small_spaces(), [](const auto& plugin, const SearchSpace& space) {
        const auto strategy = make_search(plugin.name);
        if (!begins(*strategy, {&space, seed()})) return;
        CHECK(search(*strategy, space, 4, 10'000, fail).size() == brute_force(space).size());
    });
}

TEST_CASE("a strategy searches spaces that cannot be walked", "[search]") {
    for_each(large_spaces(), [](const auto& plugin, const SearchSpace& space) {
        for (const std::size_t workers : {1, 16}) {
            const auto strategy = make_search(plugin.name);
            if (!begins(*strategy, {&space, seed()})) continue;
            CHECK(search(*strategy, space, workers, 500, measure).size() >= 500);
        }
    });
}

TEST_CASE("a strategy does not propose what it was told or what is pending", "[search]") {
    for_each(small_spaces(), [](const auto& plugin, const SearchSpace& space) {
        const auto strategy = make_search(plugin.name);
        if (!begins(*strategy, {&space, seed()})) return;
        // A third is known from before, a third is under way elsewhere.
        std::vector<ConfigIndex> elsewhere;
        std::set<ConfigIndex> left;
        for (const ConfigIndex config : brute_force(space)) {
            if (config.value % 3 == 0)
                strategy->tell(measure(config));
            else if (config.value % 3 == 1)
                elsewhere.push_back(config);
            else
                left.insert(config);
        }
        std::set<ConfigIndex> proposed;
        for (std::size_t i = 0; i < 10'000; ++i) {
            std::vector<ConfigIndex> pending = elsewhere;
            const auto proposals = strategy->ask(3, pending);
            if (proposals.empty()) {
                if (elsewhere.empty()) break;
                strategy->tell(measure(elsewhere.back()));
                elsewhere.pop_back();
            }
            for (const ConfigIndex config : proposals) {
                CHECK(left.contains(config));
                CHECK(proposed.insert(config).second);
                strategy->tell(measure(config));
            }
        }
        CHECK(proposed == left);
    });
}

TEST_CASE("a strategy ends although proposals were dropped", "[search]") {
    for_each(small_spaces(), [](const auto& plugin, const SearchSpace& space) {
        const auto strategy = make_search(plugin.name);
        if (!begins(*strategy, {&space, seed()})) return;
        std::set<ConfigIndex> proposed;
        for (std::size_t i = 0; i < 10'000; ++i) {
            const auto proposals = strategy->ask(2, {});
            if (proposals.empty()) break;
            for (const ConfigIndex config : proposals) {
                CHECK(proposed.insert(config).second);
                if (config.value % 2 == 0) strategy->tell(measure(config));
            }
        }
        CHECK(proposed.size() == brute_force(space).size());
    });
}

TEST_CASE("a strategy tries legal seeds first, best guess first", "[search]") {
    const SearchSpace space(counting_parameters(4, 5), {Constraint::expression("p0 <= p1")});
    const auto legal = brute_force(space);
    const ConfigIndex illegal = space.index(std::vector<std::uint32_t>{4, 0, 0, 0});
    for (const auto& plugin : search_plugins().searches()) {
        CAPTURE(plugin.name);
        const auto strategy = make_search(plugin.name);
        SearchTask task{&space, seed()};
        task.seeds = {legal[7], illegal, legal[3], legal[7], legal[100]};
        strategy->begin(task);
        CHECK(strategy->ask(3, {}) == std::vector{legal[7], legal[3], legal[100]});
    }
}

TEST_CASE("a strategy repeats itself for a seed", "[search]") {
    const SearchSpace space = small_spaces()[3].space;
    for (const auto& plugin : search_plugins().searches()) {
        CAPTURE(plugin.name);
        const auto run = [&](std::uint64_t seed) {
            const auto strategy = make_search(plugin.name);
            strategy->begin({&space, seed});
            return search(*strategy, space, 4, 100, measure);
        };
        CHECK(run(seed()) == run(seed()));
        if (plugin.name != "exhaustive") CHECK(run(seed()) != run(seed() + 1));
    }
}

TEST_CASE("a strategy bears odd calls", "[search]") {
    const SearchSpace space = small_spaces()[3].space;
    const auto legal = brute_force(space);
    for (const auto& plugin : search_plugins().searches()) {
        CAPTURE(plugin.name);
        const auto strategy = make_search(plugin.name);
        strategy->begin({&space, seed()});
        CHECK(strategy->ask(0, {}).empty());
        Observation odd{legal[0]};
        for (const double value : {std::nan(""), std::numeric_limits<double>::infinity(), -1.0}) {
            odd.value = value;
            strategy->tell(odd);
            strategy->tell(odd);
        }
        for (int outcome = 0; outcome < outcome_count; ++outcome)
            strategy->tell({legal[1], static_cast<Outcome>(outcome), 1.0});
        CHECK(search(*strategy, space, 4, 10'000, measure).size() == legal.size() - 2);
    }
}
