#include "hone/search_history.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"
#include "tests/space/spaces.hpp"

#include <set>

using namespace hone;
using namespace hone::test;

TEST_CASE("a history claims a legal config once", "[space]") {
    const SearchSpace space(counting_parameters(2, 3), {Constraint::expression("p0 <= p1")});
    SearchHistory history(space);
    CHECK(history.claim({0}));
    CHECK_FALSE(history.claim({0}));
    CHECK_FALSE(history.claim({3})); // p0 = 1, p1 = 0
    CHECK_FALSE(history.claim({9}));
    history.mark({1});
    CHECK_FALSE(history.claim({1}));
    CHECK(history.seen({1}));
    CHECK_FALSE(history.seen({2}));
    CHECK(history.size() == 2);
}

TEST_CASE("a history draws all that was not seen, each once", "[space]") {
    const auto limits = GENERATE(SearchSpace::Limits{}, SearchSpace::Limits{4});
    const SearchSpace space(counting_parameters(4, 4),
                            {Constraint::expression("p0 + p1 + p2 + p3 < 7")}, limits);
    const auto legal = brute_force(space);
    SearchHistory history(space);
    std::mt19937_64 random(seed());
    std::set<ConfigIndex> left(legal.begin(), legal.end());
    for (std::size_t i = 0; i < legal.size(); i += 3) {
        history.mark(legal[i]);
        left.erase(legal[i]);
    }
    while (const auto drawn = history.draw(random)) REQUIRE(left.erase(*drawn) == 1);
    CHECK(left.empty());
    CHECK(history.size() == legal.size());
}

TEST_CASE("a history draws from huge and from empty spaces", "[space]") {
    std::mt19937_64 random(seed());
    const SearchSpace huge(counting_parameters(18, 10), {});
    SearchHistory of_huge(huge);
    std::set<ConfigIndex> drawn;
    for (int i = 0; i < 1000; ++i) drawn.insert(of_huge.draw(random).value());
    CHECK(drawn.size() == 1000);

    const SearchSpace empty(counting_parameters(2, 2), {Constraint::expression("p0 > 7")});
    SearchHistory of_empty(empty);
    CHECK_FALSE(of_empty.draw(random));
}
