#include "lib/measure/row_choice.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <vector>

using namespace hone;

TEST_CASE("all rows are compared when that is cheap", "[measure]") {
    CHECK(choose_rows(100, 100, 100, 1).rows.empty());
    CHECK(choose_rows(100, 100, 1000, 1).rows.empty());
    // By multiply-adds: 256^3 is 2^24 of them, 1024^3 2^30, 65536 times 2^34 2^50.
    CHECK(affordable_rows({.flops = 0x1p25}, 256, 256) == 256);
    CHECK(affordable_rows({.flops = 0x1p31}, 1024, 1024) == 64);
    CHECK(affordable_rows({.flops = 0x1p51}, 65536, 65536) == 16);
    CHECK(affordable_rows({.flops = 0x1p51}, 3, 65536) == 3);
    // By elements, where sums are short.
    CHECK(affordable_rows({.flops = 0x1p21}, 1024, 1024) == 256);
}

TEST_CASE("chosen rows increase, include the ends and reach every stratum", "[measure]") {
    rc::prop("chosen rows", [] {
        const auto period = *rc::gen::inRange<std::int64_t>(1, 3000);
        const auto batch = *rc::gen::inRange<std::int64_t>(1, 5);
        const std::int64_t rows = period * batch;
        const auto wanted = *rc::gen::inRange<std::int64_t>(1, rows + 1);
        const auto seed = *rc::gen::arbitrary<std::uint64_t>();
        const std::vector<std::int64_t> chosen = choose_rows(rows, period, wanted, seed).rows;
        if (wanted == rows) {
            RC_ASSERT(chosen.empty());
            return;
        }
        RC_ASSERT(static_cast<std::int64_t>(chosen.size()) ==
                  std::max<std::int64_t>(wanted, rows > 1 ? 2 : 1));
        RC_ASSERT(std::is_sorted(chosen.begin(), chosen.end()));
        RC_ASSERT(std::adjacent_find(chosen.begin(), chosen.end()) == chosen.end());
        RC_ASSERT(chosen.front() == 0);
        RC_ASSERT(chosen.back() == rows - 1);
        RC_ASSERT(choose_rows(rows, period, wanted, seed).rows == chosen);
    });
}

TEST_CASE("rows at the edges of tiles of any size come up, and other seeds give other rows",
          "[measure]") {
    std::set<std::int64_t> seen;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const std::vector<std::int64_t> rows = choose_rows(1000, 1000, 32, seed).rows;
        seen.insert(rows.begin(), rows.end());
        std::int64_t widest = 0;
        for (std::size_t i = 1; i < rows.size(); ++i)
            widest = std::max(widest, rows[i] - rows[i - 1]);
        CHECK(widest < 200); // strata of about 60
    }
    CHECK(seen.size() > 400);
    for (const std::int64_t row : {63, 64, 127, 128, 895, 896, 959, 960, 992})
        CHECK(seen.contains(row));
}
