#include "lib/tune/pairs.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

using namespace hone;

namespace {

SearchSpace space_of(int parameters, int values, std::vector<Constraint> constraints = {}) {
    std::vector<Parameter> list;
    for (int p = 0; p < parameters; ++p) {
        Parameter parameter{.name = "P" + std::to_string(p), .values = {}};
        for (std::int64_t v = 0; v < values; ++v) parameter.values.emplace_back(v);
        list.push_back(std::move(parameter));
    }
    return SearchSpace(std::move(list), std::move(constraints));
}

using Pair = std::tuple<std::size_t, std::uint32_t, std::size_t, std::uint32_t>;

std::set<Pair> pairs_of(const SearchSpace& space, const std::vector<ConfigIndex>& points) {
    std::set<Pair> pairs;
    std::vector<std::uint32_t> digits(space.parameters().size());
    for (const ConfigIndex point : points) {
        space.digits(point, digits);
        for (std::size_t p = 0; p < digits.size(); ++p)
            for (std::size_t q = p + 1; q < digits.size(); ++q)
                pairs.insert({p, digits[p], q, digits[q]});
    }
    return pairs;
}

std::vector<ConfigIndex> everything(const SearchSpace& space) {
    std::vector<ConfigIndex> all;
    for (std::uint64_t i = 0; i < *space.legal_count(); ++i) all.push_back(space.nth(i));
    return all;
}

} // namespace

TEST_CASE("a sample of some dozen configs covers all pairs of values", "[tune]") {
    const SearchSpace space = space_of(6, 4, {Constraint::expression("P0 + P1 <= 4")});
    // 16 values of the largest pair bound any cover from below; a greedy one stays within thrice.
    const auto sample = covering_sample(space, 48, test::seed());
    CHECK(sample.size() <= 48);
    CHECK(pairs_of(space, sample) == pairs_of(space, everything(space)));
    CHECK(std::is_sorted(sample.begin(), sample.end()));
    for (const ConfigIndex point : sample) CHECK(space.legal(point));
    CHECK(covering_sample(space, 48, test::seed()) == sample);
}

TEST_CASE("a covering set has every pair that a legal config has, and is small", "[tune]") {
    const SearchSpace space = space_of(6, 4, {Constraint::expression("P0 + P1 <= 4")});
    const auto set = covering_set(space, test::seed());
    CHECK(set.size() <= 48);
    CHECK(pairs_of(space, set) == pairs_of(space, everything(space)));
    for (const ConfigIndex point : set) CHECK(space.legal(point));
    CHECK(covering_set(space, test::seed()) == set);
    CHECK(covering_set(SearchSpace(), 1).size() == 1);
    CHECK(covering_set(space_of(1, 5), 1).size() == 5);
    CHECK(covering_set(space_of(2, 2, {Constraint::expression("P0 > 5")}), 1).empty());
}

TEST_CASE("a sample as large as the space is the space", "[tune]") {
    const SearchSpace space = space_of(3, 3);
    CHECK(covering_sample(space, 27, 1) == everything(space));
    CHECK(covering_sample(space, 1000, 1) == everything(space));
    CHECK(covering_sample(space, 5, 1).size() == 5);
    CHECK(covering_sample(space, 0, 1).empty());
}

TEST_CASE("spaces of no and of one point are sampled too", "[tune]") {
    CHECK(covering_sample(SearchSpace(), 3, 1).size() == 1);
    const SearchSpace none = space_of(2, 2, {Constraint::expression("P0 > 5")});
    CHECK(covering_sample(none, 3, 1).empty());
}
