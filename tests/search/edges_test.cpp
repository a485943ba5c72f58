// Strategies at the edges: random spaces, hosts and knowledge.
#include "hone/error.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"
#include "tests/search/plugins.hpp"
#include "tests/seed.hpp"
#include "tests/space/spaces.hpp"

#include <algorithm>
#include <set>

using namespace hone;
using namespace hone::test;

namespace {

// rapidcheck narrows ranges in its first rounds.
template <typename T> T between(T first, T end) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(first, end));
}

// At most some hundred raw points, some with a constraint; ordinals and plain categories.
SearchSpace random_space() {
    std::vector<Parameter> parameters;
    const int count = between(0, 5);
    for (int p = 0; p < count; ++p) {
        Parameter parameter{"p" + std::to_string(p), {}, between(0, 3) > 0};
        const bool text = between(0, 4) == 0;
        const int values = between(1, 6);
        for (int v = 0; v < values; ++v)
            parameter.values.push_back(text ? Value("v" + std::to_string(v))
                                            : Value(std::int64_t{1} << v));
        parameters.push_back(std::move(parameter));
    }
    std::vector<Constraint> constraints;
    if (count >= 2 && between(0, 2) == 0)
        constraints.push_back(Constraint::predicate(
            {"p0", "p1"}, [](auto v) { return (v[0] + v[1]) % 3 != 0; }, "no third sum"));
    const SearchSpace::Limits limits{between(0, 4) == 0 ? 10U : 1000U};
    return SearchSpace(std::move(parameters), std::move(constraints), limits);
}

Observation random_outcome(ConfigIndex config) {
    Observation observation{config};
    const int kind = between(0, 10);
    if (kind < 2) observation.outcome = static_cast<Outcome>(between(1, outcome_count));
    observation.value = 1 + between(0, 1000) / 10.0;
    return observation;
}

} // namespace

TEST_CASE("a strategy bears any space, host and order of results", "[search]") {
    for (const auto& plugin : search_plugins().searches()) {
        rc::prop(plugin.name + " proposes each legal config once", [&] {
            const SearchSpace space = random_space();
            const auto legal = brute_force(space);
            const auto strategy = make_search(plugin.name);
            SearchTask task{&space, static_cast<std::uint64_t>(between(0, 1'000'000))};
            if (between(0, 2) == 0) task.budget = between(0, 40);
            if (!legal.empty())
                for (int i = between(0, 4); i > 0; --i)
                    task.seeds.push_back(legal[between<std::size_t>(0, legal.size())]);
            try {
                strategy->begin(task);
            } catch (const Error&) {
                RC_ASSERT(!space.legal_count());
                return;
            }
            std::set<ConfigIndex> seen; // proposed or told
            std::vector<ConfigIndex> pending;
            const auto tell_foreign = [&] {
                if (legal.empty()) return;
                const ConfigIndex config = legal[between<std::size_t>(0, legal.size())];
                if (std::find(pending.begin(), pending.end(), config) != pending.end()) return;
                strategy->tell(random_outcome(config));
                seen.insert(config);
            };
            for (int i = between(0, 10); i > 0; --i) tell_foreign();
            for (;;) {
                const auto most = between<std::size_t>(1, 9);
                const auto proposals = strategy->ask(most, pending);
                RC_ASSERT(proposals.size() <= most);
                for (const ConfigIndex config : proposals) {
                    RC_ASSERT(space.legal(config));
                    RC_ASSERT(seen.insert(config).second);
                    pending.push_back(config);
                }
                if (pending.empty()) break;
                if (between(0, 10) == 0) tell_foreign();
                for (std::size_t i = between<std::size_t>(0, pending.size() + 1);
                     i > 0 || (proposals.empty() && !pending.empty()); i -= i > 0) {
                    const auto at = between<std::size_t>(0, pending.size());
                    strategy->tell(random_outcome(pending[at]));
                    pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(at));
                    if (pending.empty()) break;
                }
            }
            RC_ASSERT(seen.size() == legal.size());
        });
    }
}

TEST_CASE("a strategy serves budgets smaller than its initial sample", "[search]") {
    const SearchSpace space(counting_parameters(12, 10), {});
    for (const auto& plugin : search_plugins().searches()) {
        for (const std::int64_t budget : {-1, 0, 1, 2, 5, 12}) {
            CAPTURE(plugin.name, budget);
            const auto strategy = make_search(plugin.name);
            SearchTask task{&space, seed()};
            task.budget = budget;
            strategy->begin(task);
            std::set<ConfigIndex> proposed;
            for (std::size_t i = 0; i < 20; ++i) { // also more than was said
                const auto proposals = strategy->ask(1, {});
                REQUIRE(proposals.size() == 1);
                CHECK(proposed.insert(proposals[0]).second);
                strategy->tell({proposals[0], Outcome::ok, 1.0 + static_cast<double>(i)});
            }
        }
    }
}

TEST_CASE("a strategy that is told everything has nothing to propose", "[search]") {
    const SearchSpace space(counting_parameters(3, 4), {Constraint::expression("p0 <= p1")});
    for (const auto& plugin : search_plugins().searches()) {
        CAPTURE(plugin.name);
        const auto strategy = make_search(plugin.name);
        strategy->begin({&space, seed()});
        for (const ConfigIndex config : brute_force(space))
            strategy->tell({config, Outcome::ok, 1.0 + static_cast<double>(config.value)});
        CHECK(strategy->ask(4, {}).empty());
    }
}

TEST_CASE("a strategy learns from facts about configs that it never asked for", "[search]") {
    // All that is known lies around the optimum, told before the first question.
    const SearchSpace space(counting_parameters(5, 8), {});
    std::vector<std::uint32_t> digits(5);
    const auto distance = [&](ConfigIndex config) {
        space.digits(config, digits);
        double sum = 0;
        for (const std::uint32_t digit : digits) sum += digit > 4 ? digit - 4.0 : 4.0 - digit;
        return sum;
    };
    const ConfigIndex optimum = space.index(std::vector<std::uint32_t>(5, 4));
    for (const char* name : {"local", "annealing", "genetic", "surrogate", "portfolio"}) {
        CAPTURE(name);
        if (!is_there(name)) continue;
        const auto strategy = make_search(name);
        strategy->begin({&space, seed()});
        std::size_t facts = 0;
        for (const ConfigIndex config : space.neighbours(optimum)) {
            strategy->tell({config, Outcome::ok, 1 + distance(config)});
            ++facts;
        }
        REQUIRE(facts == 35);
        double nearest = 100;
        for (std::size_t i = 0; i < 60; ++i) {
            const auto proposals = strategy->ask(1, {});
            REQUIRE(proposals.size() == 1);
            nearest = std::min(nearest, distance(proposals[0]));
            strategy->tell({proposals[0], Outcome::ok, 1 + distance(proposals[0])});
        }
        CHECK(nearest <= 2); // 60 draws are this near in one run of seventeen
    }
}
