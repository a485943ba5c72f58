// The bandit that portfolio search chooses by.
#include "search/portfolio/bandit.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <algorithm>

using hone::search::Bandit;

namespace {

// How often each arm comes first.
std::vector<int> firsts(const Bandit& bandit, std::size_t arms, std::mt19937_64& random) {
    std::vector<int> counts(arms);
    for (int i = 0; i < 1000; ++i) {
        auto order = bandit.ranking(random);
        ++counts[order.front()];
        std::sort(order.begin(), order.end());
        for (std::size_t arm = 0; arm < arms; ++arm) REQUIRE(order[arm] == arm);
    }
    return counts;
}

} // namespace

TEST_CASE("a bandit starts from what is taken for granted", "[search]") {
    std::mt19937_64 random(hone::test::seed());
    const auto counts = firsts(Bandit({{1, 9}, {9, 1}, {1, 9}}, 0.99), 3, random);
    CHECK(counts[1] > 900);
}

TEST_CASE("a bandit prefers the arm that succeeds, and forgets", "[search]") {
    std::mt19937_64 random(hone::test::seed());
    Bandit bandit({{1, 3}, {1, 3}}, 0.95);
    for (int i = 0; i < 50; ++i) {
        bandit.note(0, true);
        bandit.note(1, false);
    }
    CHECK(firsts(bandit, 2, random)[0] > 900);
    for (int i = 0; i < 100; ++i) {
        bandit.note(0, false);
        bandit.note(1, true);
    }
    CHECK(firsts(bandit, 2, random)[1] > 900);
}

TEST_CASE("a bandit gives every arm a turn while none succeeds", "[search]") {
    std::mt19937_64 random(hone::test::seed());
    Bandit bandit({{4, 12}, {1, 15}, {1, 15}}, 0.99);
    for (int i = 0; i < 300; ++i) bandit.note(0, false);
    for (const int count : firsts(bandit, 3, random)) CHECK(count > 20);
}
