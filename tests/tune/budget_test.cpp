#include "lib/tune/budget.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"

#include <cmath>
#include <numeric>
#include <vector>

using namespace hone;

TEST_CASE("a workload's time is divided completely, and nobody gets less than half a fair share",
          "[tune]") {
    rc::prop("shares", [](const std::vector<std::uint32_t>& seeds) {
        RC_PRE(!seeds.empty());
        std::vector<BudgetItem> items;
        for (const std::uint32_t seed : seeds)
            items.push_back({.weight = static_cast<double>(seed % 7),
                             .work = static_cast<double>(seed),
                             .known = seed % 1000});
        const std::vector<double> shares = divide_budget(items);
        RC_ASSERT(shares.size() == items.size());
        const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
        RC_ASSERT(std::abs(sum - 1) < 1e-9);
        const double equal = 1.0 / static_cast<double>(items.size());
        for (const double share : shares) RC_ASSERT(share >= 0.5 * equal * (1 - 1e-9));
    });
}

TEST_CASE("time goes where it pays", "[tune]") {
    const auto first_is_larger = [](BudgetItem a, BudgetItem b) {
        const std::vector<BudgetItem> items = {a, b};
        const auto shares = divide_budget(items);
        return shares[0] > shares[1];
    };
    CHECK(first_is_larger({.weight = 4}, {.weight = 1}));
    CHECK(first_is_larger({.work = 100}, {.work = 1}));
    CHECK(first_is_larger({.known = 0}, {.known = 500}));
    CHECK(divide_budget({}).empty());
    // Nonsense from a workload must not make anybody's share a NaN.
    const std::vector<BudgetItem> odd = {{.weight = INFINITY}, {.weight = 0, .work = 0}};
    for (const double share : divide_budget(odd)) CHECK(share == Approx(0.5));
}
