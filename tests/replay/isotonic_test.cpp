#include "lib/replay/isotonic.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace hone::replay;

TEST_CASE("isotonic regression pools the values that rise", "[replay]") {
    struct Row {
        std::vector<double> values, weights, fitted;
    };
    for (const Row& row : std::vector<Row>{
             {{}, {}, {}},
             {{3}, {1}, {3}},
             {{5, 4, 4, 1}, {1, 1, 1, 1}, {5, 4, 4, 1}},
             {{1, 3}, {1, 1}, {2, 2}},
             {{1, 3}, {3, 1}, {1.5, 1.5}},
             {{6, 2, 4, 3, 1}, {1, 1, 1, 1, 1}, {6, 3, 3, 3, 1}},
             // The last value is too large for every block before it.
             {{5, 3, 1, 7}, {1, 1, 1, 1}, {5, 11.0 / 3, 11.0 / 3, 11.0 / 3}},
         })
        CHECK(isotonic_non_increasing(row.values, row.weights) == row.fitted);
}

TEST_CASE("isotonic regression never rises and keeps the weighted sum", "[replay]") {
    CHECK(rc::check("non-increasing, same sum", [] {
        const auto raw = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-50, 50));
        std::vector<double> values(raw.begin(), raw.end()), weights;
        for (std::size_t i = 0; i < values.size(); ++i)
            weights.push_back(1 + static_cast<double>(i % 3));
        const auto fitted = isotonic_non_increasing(values, weights);
        RC_ASSERT(std::is_sorted(fitted.rbegin(), fitted.rend()));
        const auto sum = [&](const std::vector<double>& of) {
            return std::inner_product(of.begin(), of.end(), weights.begin(), 0.0);
        };
        RC_ASSERT(std::abs(sum(values) - sum(fitted)) < 1e-9 * (1 + std::abs(sum(values))));
    }));
}

TEST_CASE("the monotone cubic has the values and slopes worked out by hand", "[replay]") {
    // Slopes -4, -2, -1; inner derivatives -8/3 and -4/3, ends -5 and -1/2.
    const auto curve = pchip_evenly({0, 1, 2, 3}, {8, 4, 2, 1}, 7);
    CHECK(curve[0] == 8);
    CHECK(curve[2] == Approx(4));
    CHECK(curve[6] == Approx(1));
    CHECK(curve[1] == Approx(4 - 5.0 / 8 + 2 + 1.0 / 3));
    CHECK(curve[5] == Approx(1 + (-4.0 / 3 + 0.5) / 8 + 0.5));
    // Fewer points than a cubic needs.
    CHECK(pchip_evenly({2}, {7}, 3) == std::vector<double>{7, 7, 7});
    CHECK(pchip_evenly({1, 3}, {4, 2}, 3) == std::vector<double>{4, 3, 2});
}

TEST_CASE("beyond its points the line keeps its ends", "[replay]") {
    const std::vector<double> x = {1, 2, 4}, y = {6, 4, 0};
    CHECK(interpolate(x, y, 0) == 6);
    CHECK(interpolate(x, y, 1.5) == 5);
    CHECK(interpolate(x, y, 2) == 4);
    CHECK(interpolate(x, y, 3) == 2);
    CHECK(interpolate(x, y, 9) == 0);
}
