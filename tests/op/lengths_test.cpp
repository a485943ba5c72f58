#include "lib/op/lengths.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

using namespace hone;

TEST_CASE("drawn lengths stay in bounds and repeat by seed", "[op]") {
    rc::prop("for uniform and zipf", [] {
        Lengths lengths;
        lengths.kind = *rc::gen::element(Lengths::Kind::uniform, Lengths::Kind::zipf);
        lengths.low = *rc::gen::inRange<std::int64_t>(1, 100);
        lengths.high = lengths.low + *rc::gen::inRange<std::int64_t>(0, 5000);
        lengths.seed = *rc::gen::inRange<std::int64_t>(0, 1 << 30);
        lengths.s = *rc::gen::element(0.3, 1.0, 1.1, 3.0);
        const auto drawn = draw_lengths(lengths, 200);
        RC_ASSERT(drawn == draw_lengths(lengths, 200));
        for (const std::int64_t length : drawn) {
            RC_ASSERT(length >= lengths.low);
            RC_ASSERT(length <= lengths.high);
        }
    });
}

TEST_CASE("lengths are spread as their distribution says", "[op]") {
    Lengths lengths{.kind = Lengths::Kind::uniform, .low = 100, .high = 199, .seed = 5};
    const auto mean = [](const std::vector<std::int64_t>& values) {
        return std::accumulate(values.begin(), values.end(), 0.0) /
               static_cast<double>(values.size());
    };
    const auto uniform = draw_lengths(lengths, 20000);
    CHECK(mean(uniform) == Approx(149.5).margin(1.5));
    CHECK(std::set<std::int64_t>(uniform.begin(), uniform.end()).size() == 100);

    lengths.kind = Lengths::Kind::zipf;
    lengths.s = 2;
    const auto zipf = draw_lengths(lengths, 20000);
    // Of a law x^-2 between 1 and 101 half of the mass lies below 2, two thirds below 3.
    const auto shortest = std::count(zipf.begin(), zipf.end(), 100);
    const auto next = std::count(zipf.begin(), zipf.end(), 101);
    CHECK(static_cast<double>(shortest) == Approx(20000 * 0.505).epsilon(0.05));
    CHECK(static_cast<double>(next) == Approx(20000 * 0.168).epsilon(0.08));
}

TEST_CASE("drawn lengths are the same on every machine", "[op]") {
    const Lengths uniform{.kind = Lengths::Kind::uniform, .low = 1, .high = 1000, .seed = 1};
    const Lengths zipf{.kind = Lengths::Kind::zipf, .low = 1, .high = 1000, .seed = 1, .s = 1.1};
    CHECK(draw_lengths(uniform, 4) == std::vector<std::int64_t>{800, 169, 273, 502});
    CHECK(draw_lengths(zipf, 4) == std::vector<std::int64_t>{161, 2, 4, 17});
    CHECK(share_out(zipf, 1000, 4) == std::vector<std::int64_t>{110, 504, 235, 151});
}

TEST_CASE("sizes of groups add up to the total", "[op]") {
    rc::prop("for every distribution", [] {
        Lengths routing;
        routing.kind =
            *rc::gen::element(Lengths::Kind::fixed, Lengths::Kind::uniform, Lengths::Kind::zipf);
        routing.seed = *rc::gen::inRange<std::int64_t>(0, 1 << 30);
        routing.s = *rc::gen::element(0.5, 1.1, 16.0);
        const auto groups = *rc::gen::inRange<std::int64_t>(1, 300);
        const auto total = *rc::gen::inRange<std::int64_t>(1, 1 << 30);
        const auto sizes = share_out(routing, total, groups);
        RC_ASSERT(static_cast<std::int64_t>(sizes.size()) == groups);
        RC_ASSERT(std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}) == total);
        RC_ASSERT(*std::min_element(sizes.begin(), sizes.end()) >= 0);
        RC_ASSERT(sizes == share_out(routing, total, groups));
        const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
        if (routing.kind == Lengths::Kind::fixed) RC_ASSERT(*most - *least <= 1);
    });
}

TEST_CASE("zipf shares fall with their rank, in an order of the seed's", "[op]") {
    const Lengths routing{.kind = Lengths::Kind::zipf, .seed = 3, .s = 1};
    auto sizes = share_out(routing, 12000, 3);
    auto sorted = sizes;
    std::sort(sorted.rbegin(), sorted.rend());
    // 1 : 1/2 : 1/3 of 12000
    CHECK(sorted[0] == Approx(6545).margin(1));
    CHECK(sorted[1] == Approx(3273).margin(1));
    CHECK(sorted[2] == Approx(2182).margin(1));
    std::set<std::vector<std::int64_t>> orders;
    for (std::int64_t seed = 0; seed < 40; ++seed) {
        orders.insert(share_out({.kind = Lengths::Kind::zipf, .seed = seed, .s = 1}, 12000, 3));
    }
    CHECK(orders.size() == 6);
}
