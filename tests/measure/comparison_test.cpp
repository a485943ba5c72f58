#include "lib/measure/comparison.hpp"
#include "tests/catch.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace hone;

TEST_CASE("a value agrees within its bound and at the end of its type's range", "[measure]") {
    constexpr double inf = std::numeric_limits<double>::infinity();
    struct Row {
        double x, r, bound;
        DType dtype;
        bool agrees;
    };
    const std::vector<Row> table = {
        {1.5, 1.5, 0, DType::f32, true},
        {1.5, 1.25, 0.25, DType::f32, true},
        {1.5, 1.25, 0.2, DType::f32, false},
        {NAN, 1, 1e9, DType::f32, false},
        {inf, 1, 1e9, DType::f32, false},
        {inf, 1e39, 1, DType::f32, true},   // beyond what f32 holds
        {-inf, 1e39, 1, DType::f32, false}, // with the other sign
        {inf, 65520, 100, DType::f16, true},
        {inf, 65000, 1000, DType::f16, true}, // an allowed error leads out of range
        {inf, 60000, 1000, DType::f16, false},
        {65504, 1e6, 100, DType::f16, true}, // saturated
        {40000, 1e6, 100, DType::f16, false},
        {448, 900, 1, DType::e4m3, true},
        {127, 300, 0, DType::s8, true},
        {126, 300, 0, DType::s8, false},
        {-inf, -inf, 0, DType::f32, true}, // the log-sum-exp of a masked row
        {-1e30, -inf, 1e9, DType::f32, false},
    };
    for (const Row& row : table) {
        CAPTURE(row.x, row.r, row.bound, to_string(row.dtype));
        CHECK(agrees(row.x, row.r, row.bound, row.dtype) == row.agrees);
    }
}

TEST_CASE("elements are named by their index, without needless dimensions", "[measure]") {
    const auto name = [](std::vector<std::int64_t> shape, Position position) {
        ArgSpec spec;
        spec.name = "d";
        spec.rank = static_cast<int>(shape.size());
        std::copy(shape.begin(), shape.end(), spec.shape.begin());
        return element_name(spec, position);
    };
    CHECK(name({1, 20, 10}, {12, 7}) == "d[12,7]");
    CHECK(name({2, 20, 10}, {12, 7}) == "d[0,12,7]");
    CHECK(name({2, 20, 10}, {32, 7}) == "d[1,12,7]");
    CHECK(name({20, 10}, {12, 7}) == "d[12,7]");
    CHECK(name({1, 1}, {0, 0}) == "d[0,0]");
    CHECK(name({5}, {0, 4}) == "d[4]");
    CHECK(name({1, 3, 1, 4}, {2, 3}) == "d[2,0,3]");
}
