#include "lib/tune/residual_process.hpp"
#include "tests/catch.hpp"

#include <numeric>

using namespace hone;

TEST_CASE("a difference that was learnt is the level of all, and more so of what is alike",
          "[tune]") {
    // The second parameter decides, the first makes no difference.
    ResidualProcess process({{0, 0}, {1, 0}, {0, 1}, {1, 1}}, {0, 1.5});
    CHECK(process.mean(0) == 0);
    process.learn(0, -2);
    CHECK(process.mean(0) == Approx(-2).margin(0.01));
    CHECK(process.mean(1) == Approx(process.mean(0)));
    CHECK(process.deviation(1) < process.deviation(2));
    process.learn(2, -1);
    CHECK(process.mean(0) == Approx(-2).margin(0.1));
    CHECK(process.mean(3) == Approx(-1).margin(0.1));
}

TEST_CASE("what was believed gives way to what was measured", "[tune]") {
    const std::vector<Digits> configs = {{0}, {1}, {2}};
    ResidualProcess believed(configs, {1}), measured(configs, {1});
    believed.learn(1, 5);
    believed.learn(0, 1);
    believed.learn(1, -1);
    measured.learn(1, -1);
    measured.learn(0, 1);
    for (std::size_t i = 0; i < configs.size(); ++i) {
        CHECK(believed.mean(i) == Approx(measured.mean(i)));
        CHECK(believed.deviation(i) == Approx(measured.deviation(i)));
    }
}

TEST_CASE("a parameter weighs what it changes elsewhere", "[tune]") {
    std::vector<Digits> configs;
    std::vector<double> logs;
    for (std::uint32_t a = 0; a < 4; ++a)
        for (std::uint32_t b = 0; b < 2; ++b) {
            configs.push_back({a, b, 0, 7});
            logs.push_back(0.1 * a + 0.9 * b);
        }
    configs.push_back({4, 2, 1, 7}); // so the third parameter never differs alone
    logs.push_back(3);
    const std::vector<double> weights = weights_of_parameters(configs, logs);
    CHECK(std::accumulate(weights.begin(), weights.end(), 0.0) == Approx(1.4));
    CHECK(weights[1] > 10 * weights[0]);
    // Nothing is known of the third one; the fourth has one value.
    CHECK(weights[2] == Approx((weights[0] + weights[1]) / 2));
    CHECK(weights[3] == 0);

    // Where nothing made a difference all count alike.
    const std::vector<double> flat = weights_of_parameters(configs, std::vector<double>(9, 1.0));
    for (int p = 0; p < 3; ++p) CHECK(flat[static_cast<std::size_t>(p)] == Approx(1.4 / 3));
    CHECK(flat[3] == 0);
    CHECK(weights_of_parameters({}, {}).empty());
}
