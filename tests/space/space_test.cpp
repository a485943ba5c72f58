// Spaces against the plain walk over all their raw points.
#include "hone/error.hpp"
#include "hone/space.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"
#include "tests/seed.hpp"
#include "tests/space/spaces.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace hone;
using namespace hone::test;

namespace {

// A random space of at most a few thousand raw points.
struct RandomSpace {
    std::vector<Parameter> parameters;
    std::vector<Constraint> constraints;
    std::vector<std::function<bool(const std::vector<std::int64_t>&)>> meanings; // of all values
};

// rapidcheck narrows ranges in its first rounds, which would leave most spaces without constraints.
template <typename T> rc::Gen<T> between(T first, T end) {
    return rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(first, end));
}

std::string name(std::size_t parameter) { return "p" + std::to_string(parameter); }

RandomSpace random_space() {
    RandomSpace space;
    const auto count = *between<std::size_t>(0, 7);
    for (std::size_t p = 0; p < count; ++p) {
        const auto values = *rc::gen::unique<std::vector<std::int64_t>>(
            *between<std::size_t>(1, 5), between<std::int64_t>(-3, 9));
        space.parameters.push_back(
            {name(p), {values.begin(), values.end()}, *rc::gen::arbitrary<bool>()});
    }
    if (count == 0) return space;

    const auto any = between<std::size_t>(0, count);
    const auto constraints = *between<std::size_t>(0, 5);
    for (std::size_t c = 0; c < constraints; ++c) {
        const std::size_t i = *any;
        const std::size_t j = *any;
        const std::size_t k = *any;
        const auto n = *between<std::int64_t>(-4, 20);
        switch (*between<int>(0, 6)) {
        case 0:
            space.constraints.push_back(
                Constraint::expression(name(i) + " * " + name(j) + " <= " + std::to_string(n)));
            space.meanings.emplace_back([=](const auto& v) { return v[i] * v[j] <= n; });
            break;
        case 1:
            space.constraints.push_back(
                Constraint::expression(name(i) + " <= " + name(j) + " <= " + name(k)));
            space.meanings.emplace_back(
                [=](const auto& v) { return v[i] <= v[j] && v[j] <= v[k]; });
            break;
        case 2:
            space.constraints.push_back(Constraint::expression(name(i) + " == 0 or " + name(j) +
                                                               " % " + name(i) + " == 0"));
            space.meanings.emplace_back(
                [=](const auto& v) { return v[i] == 0 || v[j] % v[i] == 0; });
            break;
        case 3:
            space.constraints.push_back(Constraint::expression(
                name(i) + " in (" + std::to_string(n) + ", 1, 2, " + name(j) + " + 1)"));
            space.meanings.emplace_back([=](const auto& v) {
                return v[i] == n || v[i] == 1 || v[i] == 2 || v[i] == v[j] + 1;
            });
            break;
        case 4:
            space.constraints.push_back(Constraint::predicate(
                {name(i), name(j), name(k)}, [n](auto v) { return v[0] + v[1] - v[2] < n; },
                "a sum"));
            space.meanings.emplace_back([=](const auto& v) { return v[i] + v[j] - v[k] < n; });
            break;
        default:
            space.constraints.push_back(Constraint::predicate(
                {name(i)}, [n](auto v) { return v[0] != n; }, "a hole"));
            space.meanings.emplace_back([=](const auto& v) { return v[i] != n; });
            break;
        }
    }
    return space;
}

std::vector<ConfigIndex> legal_points(const RandomSpace& given, const SearchSpace& space) {
    std::vector<ConfigIndex> legal;
    std::vector<std::uint32_t> digits(given.parameters.size());
    std::vector<std::int64_t> values(given.parameters.size());
    for (std::uint64_t i = 0; i < space.raw_count(); ++i) {
        space.digits({i}, digits);
        for (std::size_t p = 0; p < digits.size(); ++p)
            values[p] = std::get<std::int64_t>(given.parameters[p].values[digits[p]]);
        if (std::all_of(given.meanings.begin(), given.meanings.end(),
                        [&](const auto& meaning) { return meaning(values); }))
            legal.push_back({i});
    }
    return legal;
}

// The legal points at Hamming distance 1; of those in one ordinal parameter, only the nearest two.
std::vector<ConfigIndex> plain_neighbours(const SearchSpace& space,
                                          const std::vector<ConfigIndex>& legal, ConfigIndex from,
                                          bool nearest) {
    const std::size_t count = space.parameters().size();
    std::vector<std::uint32_t> at(count);
    std::vector<std::uint32_t> digits(count);
    space.digits(from, at);
    std::set<ConfigIndex> result;
    std::map<std::size_t, ConfigIndex> below;
    std::map<std::size_t, ConfigIndex> above;
    for (const ConfigIndex point : legal) {
        space.digits(point, digits);
        std::vector<std::size_t> different;
        for (std::size_t p = 0; p < count; ++p)
            if (digits[p] != at[p]) different.push_back(p);
        if (different.size() != 1) continue;
        const std::size_t p = different[0];
        if (!nearest || !space.parameters()[p].ordinal)
            result.insert(point);
        else if (digits[p] < at[p])
            below[p] = point; // increasing: the last one is the nearest
        else
            above.emplace(p, point);
    }
    for (const auto& side : {below, above})
        for (const auto& [p, point] : side) result.insert(point);
    return {result.begin(), result.end()};
}

const SearchSpace::Limits tiny_limits{3};

} // namespace

TEST_CASE("a space holds exactly the points that satisfy its constraints", "[space]") {
    rc::prop("listed", [] {
        const RandomSpace given = random_space();
        const SearchSpace space(given.parameters, given.constraints);
        const auto legal = legal_points(given, space);
        RC_TAG(legal.empty() ? "empty" : legal.size() == space.raw_count() ? "all" : "some");
        RC_ASSERT(space.legal_count() == legal.size());
        RC_ASSERT(space.empty() == legal.empty());
        for (std::uint64_t rank = 0; rank < legal.size(); ++rank)
            RC_ASSERT(space.nth(rank) == legal[rank]);
        for (std::uint64_t i = 0; i < space.raw_count(); ++i) {
            const bool expected = std::binary_search(legal.begin(), legal.end(), ConfigIndex{i});
            RC_ASSERT(space.legal({i}) == expected);
            RC_ASSERT(space.broken_constraint({i}).empty() == expected);
        }
        RC_ASSERT_FALSE(space.legal({space.raw_count()}));
    });
    rc::prop("too large to list", [] {
        const RandomSpace given = random_space();
        const SearchSpace space(given.parameters, given.constraints, tiny_limits);
        const auto legal = legal_points(given, space);
        RC_ASSERT(!space.legal_count() || *space.legal_count() == legal.size());
        RC_ASSERT(!space.empty() || legal.empty());
        for (std::uint64_t i = 0; i < space.raw_count(); ++i)
            RC_ASSERT(space.legal({i}) ==
                      std::binary_search(legal.begin(), legal.end(), ConfigIndex{i}));
    });
}

TEST_CASE("neighbours and adjacent points are those of the plain walk", "[space]") {
    rc::prop("from any point, legal or not", [](bool listed) {
        const RandomSpace given = random_space();
        const SearchSpace space(given.parameters, given.constraints,
                                listed ? SearchSpace::Limits{} : tiny_limits);
        const auto legal = legal_points(given, space);
        const ConfigIndex from{*rc::gen::inRange<std::uint64_t>(0, space.raw_count())};
        RC_ASSERT(space.neighbours(from) == plain_neighbours(space, legal, from, false));
        RC_ASSERT(space.adjacent(from) == plain_neighbours(space, legal, from, true));
    });
}

TEST_CASE("a point, its digits and its config are one", "[space]") {
    rc::prop("round trips", [] {
        const RandomSpace given = random_space();
        const SearchSpace space(given.parameters, given.constraints);
        const ConfigIndex index{*rc::gen::inRange<std::uint64_t>(0, space.raw_count())};
        std::vector<std::uint32_t> digits(space.parameters().size());
        space.digits(index, digits);
        RC_ASSERT(space.index(digits) == index);
        const Config config = space.config(index);
        RC_ASSERT(space.find(config) == index);
        RC_ASSERT(space.find(Config::parse(config.canonical_text())) == index);
        for (std::size_t p = 0; p < digits.size(); ++p)
            RC_ASSERT(config.at(name(p)) == space.parameters()[p].values[digits[p]]);
    });
}

TEST_CASE("a config of another space is not found", "[space]") {
    const SearchSpace space(
        {integer_parameter("BM", {16, 32}), {"layout", {std::string("nt"), std::string("nn")}}},
        {Constraint::expression("BM == 16")});
    CHECK(space.find(Config::parse("BM=16 layout=nn")) == ConfigIndex{1});
    CHECK(space.find(Config::parse("BM=32 layout=nt")) == ConfigIndex{2}); // illegal, yet there
    for (const char* text : {"BM=16", "layout=nt", "", "BM=16 layout=tt", "BM=17 layout=nt",
                             "BM=16 layout=nt BK=1", "BM=16.0 layout=nt", "BK=16 layout=nt"}) {
        CAPTURE(text);
        CHECK_FALSE(space.find(Config::parse(text)));
    }
}

TEST_CASE("raw points count with the first parameter slowest", "[space]") {
    const SearchSpace space({integer_parameter("a", {1, 2}), integer_parameter("b", {5, 6, 7})},
                            {});
    CHECK(space.raw_count() == 6);
    CHECK(space.config({0}).canonical_text() == "a=1 b=5");
    CHECK(space.config({1}).canonical_text() == "a=1 b=6");
    CHECK(space.config({3}).canonical_text() == "a=2 b=5");
}

TEST_CASE("legal points keep their raw order when groups interleave", "[space]") {
    const SearchSpace space(counting_parameters(6, 4),
                            {Constraint::expression("p0 < p3"), Constraint::expression("p1 < p4"),
                             Constraint::expression("p5 > p2")});
    const auto legal = brute_force(space);
    REQUIRE(space.legal_count() == legal.size());
    REQUIRE(legal.size() == 6 * 6 * 6);
    for (std::uint64_t rank = 0; rank < legal.size(); ++rank) CHECK(space.nth(rank) == legal[rank]);
}

TEST_CASE("the first broken constraint is named by its text", "[space]") {
    const SearchSpace space({integer_parameter("a", {1, 2, 3})},
                            {Constraint::expression("a < 3"),
                             Constraint::predicate(
                                 {"a"}, [](auto v) { return v[0] != 2; }, "a must not be two")});
    CHECK(space.broken_constraint({0}).empty());
    CHECK(space.broken_constraint({1}) == "a must not be two");
    CHECK(space.broken_constraint({2}) == "a < 3");
}

TEST_CASE("draws are uniform", "[space]") {
    // 99.99 % of chi-square's values lie below k + 4 sqrt(2 k) + 10 for every k here.
    const auto is_uniform = [](const SearchSpace& space) {
        const auto legal = brute_force(space);
        std::mt19937_64 random(seed());
        std::map<ConfigIndex, int> hits;
        const int per_point = 200;
        const auto draws = per_point * static_cast<int>(legal.size());
        for (int i = 0; i < draws; ++i) {
            const auto drawn = space.sample(random);
            REQUIRE(drawn);
            REQUIRE(space.legal(*drawn));
            ++hits[*drawn];
        }
        double chi_square = 0;
        for (const ConfigIndex point : legal) {
            const double difference = hits[point] - per_point;
            chi_square += difference * difference / per_point;
        }
        const auto freedom = static_cast<double>(legal.size() - 1);
        CAPTURE(chi_square, freedom);
        CHECK(chi_square < freedom + 4 * std::sqrt(2 * freedom) + 10);
    };
    // Unequal numbers of completions below each prefix: a walk down the tree would favour some.
    const std::vector<Constraint> constraints = {Constraint::expression("p0 * p1 <= p2 + 1"),
                                                 Constraint::expression("p3 < p4")};
    SECTION("listed") { is_uniform(SearchSpace(counting_parameters(5, 4), constraints)); }
    SECTION("by rejection") {
        is_uniform(SearchSpace(counting_parameters(5, 4), constraints, tiny_limits));
    }
    SECTION("without constraints") { is_uniform(SearchSpace(counting_parameters(3, 4), {})); }
}

TEST_CASE("small and empty spaces", "[space]") {
    std::mt19937_64 random(seed());
    SECTION("no parameter: one point, the empty config") {
        const SearchSpace space;
        CHECK(space.raw_count() == 1);
        CHECK(space.legal_count() == 1);
        CHECK_FALSE(space.empty());
        CHECK(space.legal({0}));
        CHECK_FALSE(space.legal({1}));
        CHECK(space.nth(0) == ConfigIndex{0});
        CHECK(space.sample(random) == ConfigIndex{0});
        CHECK(space.config({0}) == Config());
        CHECK(space.find(Config()) == ConfigIndex{0});
        CHECK(space.neighbours({0}).empty());
    }
    const std::vector<std::pair<std::string, std::vector<Constraint>>> empty_ones = {
        {"a constraint that cannot hold", {Constraint::expression("1 > 2")}},
        {"a predicate that cannot hold",
         {Constraint::predicate(
             {}, [](auto) { return false; }, "never")}},
        {"no value is left", {Constraint::expression("p0 > 9")}},
        {"no pair is left", {Constraint::expression("p0 + p1 > 9")}},
    };
    for (const auto& [why, constraints] : empty_ones) {
        SECTION(why) {
            const SearchSpace space(counting_parameters(2, 3), constraints);
            CHECK(space.empty());
            CHECK(space.legal_count() == 0);
            CHECK_FALSE(space.legal({0}));
            CHECK_FALSE(space.sample(random));
            CHECK(space.neighbours({0}).empty());
            CHECK(space.adjacent({0}).empty());
            CHECK(space.broken_constraint({0}) == space.constraints()[0].text);
            CHECK_THROWS_AS(space.nth(0), Error);
        }
    }
}

TEST_CASE("a malformed space is refused", "[space]") {
    const auto message = [](std::vector<Parameter> parameters) -> std::string {
        try {
            const SearchSpace space(std::move(parameters), {});
        } catch (const Error& error) {
            CHECK(error.code() == Errc::workload);
            return error.what();
        }
        return "no error";
    };
    CHECK(message({integer_parameter("a", {1}), integer_parameter("a", {2})}) ==
          "two parameters are named a");
    CHECK(message({{"a", {}}}) == "parameter a has no values");
    CHECK(message({integer_parameter("a", {1, 2, 1})}) == "parameter a has the value 1 twice");
    CHECK(message({{"a", {std::string("x y")}}}) ==
          "parameter \"a\": its value \"x y\" cannot stand in a config");
    CHECK(message({{"a", {std::string("12")}}}) ==
          "parameter \"a\": its value \"12\" cannot stand in a config");
    CHECK(message({integer_parameter("a b", {1})}) ==
          "parameter \"a b\": its value \"1\" cannot stand in a config");
    CHECK(message({integer_parameter("", {1})}) ==
          "parameter \"\": its value \"1\" cannot stand in a config");
    CHECK(message(counting_parameters(63, 2)) == "no error");
    CHECK(message(counting_parameters(64, 2)) ==
          "a search space of 64 parameters has more than 2^63 points");
}

TEST_CASE("asking a space for what it lacks is an internal error", "[space]") {
    const SearchSpace space(counting_parameters(2, 3), {});
    const auto code_of = [](auto&& call) {
        try {
            call();
        } catch (const Error& error) {
            return error.code();
        }
        return Errc::usage;
    };
    std::vector<std::uint32_t> three(3);
    CHECK(code_of([&] { (void)space.nth(9); }) == Errc::internal);
    CHECK(code_of([&] { (void)space.config({9}); }) == Errc::internal);
    CHECK(code_of([&] { (void)space.neighbours({9}); }) == Errc::internal);
    CHECK(code_of([&] { (void)space.broken_constraint({9}); }) == Errc::internal);
    CHECK(code_of([&] { space.digits({0}, three); }) == Errc::internal);
    CHECK(code_of([&] { (void)space.index(three); }) == Errc::internal);
    CHECK(code_of([&] { (void)space.index(std::vector<std::uint32_t>{0, 3}); }) == Errc::internal);
}

TEST_CASE("threads share a space", "[space]") {
    const std::vector<Constraint> constraints = {
        Constraint::expression("p0 * p1 % 3 != 1 and p2 <= p3 <= p4"),
        Constraint::predicate({"p4", "p0"}, [](auto v) { return v[0] != v[1]; })};
    const bool listed = GENERATE(true, false);
    const SearchSpace space(counting_parameters(5, 4), constraints,
                            listed ? SearchSpace::Limits{} : tiny_limits);
    const auto legal = brute_force(space);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            std::mt19937_64 random(t);
            const SearchSpace copy = space; // NOLINT(performance-unnecessary-copy-initialization)
            for (std::uint64_t i = 0; i < copy.raw_count(); ++i) {
                const bool expected =
                    std::binary_search(legal.begin(), legal.end(), ConfigIndex{i});
                wrong += copy.legal({i}) != expected;
                wrong += copy.broken_constraint({i}).empty() != expected;
            }
            for (int i = 0; i < 200; ++i) {
                const auto drawn = copy.sample(random);
                wrong += !drawn || !copy.legal(*drawn);
                for (const ConfigIndex neighbour : copy.neighbours(*drawn))
                    wrong += !std::binary_search(legal.begin(), legal.end(), neighbour);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
}
