// Spaces that cannot be walked.
#include "hone/error.hpp"
#include "hone/space.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"
#include "tests/space/gemm_space.hpp"
#include "tests/space/spaces.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace hone;
using namespace hone::test;

namespace {

// gemm_constraints() in plain loops.
std::uint64_t gemm_legal_count() {
    const std::vector<int> tiles = {8, 16, 24, 32, 48, 64, 96, 128, 192, 256};
    std::uint64_t count = 0;
    for (const int bm : tiles)
        for (const int bn : tiles)
            for (const int wm : tiles)
                for (const int wn : tiles) {
                    if (bm % wm != 0 || bn % wn != 0) continue;
                    const int warps = bm / wm * (bn / wn);
                    if (warps != 4 && warps != 8) continue;
                    std::uint64_t threads = 0;
                    for (int tm = 1; tm <= 10; ++tm)
                        for (int tn = 1; tn <= 10; ++tn)
                            threads += wm % (8 * tm) == 0 && wn % (8 * tn) == 0 && tm * tn >= 16 &&
                                       tm * tn <= 64;
                    std::uint64_t depths = 0;
                    for (const int bk : tiles) {
                        std::uint64_t stages = 0;
                        for (int s = 2; s <= 10; ++s) stages += 4 * s * bk * (bm + bn) <= 48 * 1024;
                        std::uint64_t vectors = 0;
                        for (int va = 2; va <= 10; ++va)
                            for (int vb = va; vb <= 10; ++vb)
                                vectors += bk % (4 * va) == 0 && bn % (4 * vb) == 0;
                        const auto splits =
                            std::count_if(tiles.begin(), tiles.end(), [&](int split) {
                                return split % bk == 0 && split > 4 * bk;
                            });
                        depths += stages * vectors * static_cast<std::uint64_t>(splits);
                    }
                    count += threads * depths * 2;
                }
    return count;
}

} // namespace

TEST_CASE("a space of 10^12 raw points lists its legal ones", "[space]") {
    const SearchSpace space(gemm_parameters(), gemm_constraints());
    CHECK(space.raw_count() == 1'000'000'000'000);
    const std::uint64_t expected = gemm_legal_count();
    CHECK(expected > 100'000);
    REQUIRE(space.legal_count() == expected);

    std::uint64_t broken = 0;
    ConfigIndex last = space.nth(0);
    for (std::uint64_t rank = 1; rank < expected; rank += 97) {
        const ConfigIndex point = space.nth(rank);
        broken += !(last < point) || !space.legal(point) || !space.broken_constraint(point).empty();
        last = point;
    }
    CHECK(broken == 0);
    const ConfigIndex point = space.nth(expected / 2);
    for (const ConfigIndex neighbour : space.neighbours(point))
        CHECK(space.broken_constraint(neighbour).empty());
}

TEST_CASE("a space without constraints lists any number of points", "[space]") {
    const SearchSpace space(counting_parameters(18, 10), {});
    CHECK(space.raw_count() == 1'000'000'000'000'000'000);
    CHECK(space.legal_count() == space.raw_count());
    CHECK(space.nth(123'456'789'123'456'789).value == 123'456'789'123'456'789);
    CHECK(space.neighbours({5}).size() == 18 * 9);
    CHECK(space.adjacent({5}).size() == 17 + 2);
}

TEST_CASE("a group too large to list is drawn from without bias", "[space]") {
    std::string sum = "p0";
    for (int p = 1; p < 12; ++p) sum += " + p" + std::to_string(p);
    const SearchSpace space(counting_parameters(12, 10),
                            {Constraint::expression(sum + " <= 40"),
                             Constraint::expression("p3 > 1"), Constraint::expression("p4 > 1")},
                            {10'000});
    CHECK_FALSE(space.legal_count());
    CHECK_FALSE(space.empty());
    CHECK_THROWS_AS(space.nth(0), Error);

    std::mt19937_64 random(seed());
    std::vector<std::uint64_t> sums(12, 0);
    std::vector<std::uint32_t> digits(12);
    std::set<ConfigIndex> different;
    constexpr int draws = 4000;
    for (int i = 0; i < draws; ++i) {
        const auto drawn = space.sample(random);
        REQUIRE(drawn);
        REQUIRE(space.legal(*drawn));
        different.insert(*drawn);
        space.digits(*drawn, digits);
        for (std::size_t p = 0; p < 12; ++p) sums[p] += digits[p];
    }
    CHECK(different.size() == draws);
    // All parameters but p3 and p4 play the same part, so their means agree (here within 5 standard
    // errors); had the listed ones been drawn before the sum was known, theirs would be 4.5.
    double least = 10;
    double most = 0;
    for (const std::size_t p : {0, 1, 2, 5, 6, 7, 8, 9, 10, 11}) {
        const double mean = static_cast<double>(sums[p]) / draws;
        least = std::min(least, mean);
        most = std::max(most, mean);
    }
    CHECK(most - least < 2 * 5 * 2.9 / 63.2);
    CHECK(most < 3.9);

    const ConfigIndex point = *space.sample(random);
    const auto neighbours = space.neighbours(point);
    CHECK_FALSE(neighbours.empty());
    for (const ConfigIndex neighbour : neighbours)
        CHECK(space.broken_constraint(neighbour).empty());
    for (const ConfigIndex neighbour : space.adjacent(point))
        CHECK(std::binary_search(neighbours.begin(), neighbours.end(), neighbour));
}

TEST_CASE("drawing ends where legal points are too rare to find", "[space]") {
    // One legal point among 10^12, behind a predicate that cuts nothing early.
    std::vector<std::string> names;
    for (int p = 0; p < 12; ++p) names.push_back("p" + std::to_string(p));
    const auto all_sevens = [](std::span<const std::int64_t> values) {
        return std::all_of(values.begin(), values.end(), [](auto value) { return value == 7; });
    };
    const SearchSpace space(counting_parameters(12, 10), {Constraint::predicate(names, all_sevens)},
                            {10'000});
    std::mt19937_64 random(seed());
    CHECK_FALSE(space.legal_count());
    CHECK_FALSE(space.sample(random));
    CHECK(space.legal({777'777'777'777}));
    CHECK(space.neighbours({777'777'777'770}) == std::vector{ConfigIndex{777'777'777'777}});
}
