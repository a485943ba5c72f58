#include "hone/operation.hpp"
#include "tests/catch.hpp"

#include <limits>
#include <string>
#include <vector>

using namespace hone;

TEST_CASE("an argument spans from its first to its last element", "[op]") {
    struct Row {
        int rank;
        std::array<std::int64_t, max_rank> shape;
        std::array<std::int64_t, max_rank> strides;
        std::int64_t extent;
    };
    constexpr std::int64_t huge = std::int64_t{1} << 40;
    const std::vector<Row> table = {
        {0, {}, {}, 1}, // a scalar
        {1, {7}, {1}, 7},
        {1, {7}, {3}, 19},
        {2, {3, 5}, {5, 1}, 15},
        {2, {3, 5}, {8, 1}, 21}, // the last row is not padded
        {2, {0, 5}, {8, 1}, 0},
        {3, {2, 3, 4}, {12, 4, 1}, 24},
        {2, {huge, huge}, {huge, 1}, std::numeric_limits<std::int64_t>::max()},
    };
    for (const Row& row : table) {
        const ArgSpec spec{"x", Role::in, DType::f16, row.rank, row.shape, row.strides};
        CAPTURE(row.rank, row.extent);
        CHECK(spec.extent() == row.extent);
        if (row.extent < huge) CHECK(spec.storage_bytes() == 2 * row.extent);
    }
    ArgSpec absent{"x", Role::in, DType::none, 1, {7}, {1}};
    CHECK_FALSE(absent.present());
    CHECK(absent.storage_bytes() == 0);
    absent.dtype = DType::s4;
    CHECK(absent.storage_bytes() == 4);
}

TEST_CASE("distributions have distinct names", "[op]") {
    std::string names;
    for (const Distribution distribution : all_distributions) {
        names += std::string(to_string(distribution)) + " ";
    }
    CHECK(names == "normal wide_range same_sign adversarial ");
}
