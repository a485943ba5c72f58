#include "lib/tune/budget.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hone {

std::vector<double> divide_budget(std::span<const BudgetItem> items) {
    // After this many trials a further one is taken to be worth half of a first one.
    constexpr double half_gain_trials = 200;

    std::vector<double> shares;
    shares.reserve(items.size());
    for (const BudgetItem& item : items) {
        const double spent = std::max(item.weight, 0.0) * std::max(item.work, 0.0);
        const double gain =
            1 / (1 + static_cast<double>(std::max<std::int64_t>(item.known, 0)) / half_gain_trials);
        shares.push_back(std::isfinite(spent) ? std::sqrt(spent) * gain : 0);
    }
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    const double equal = 1 / std::max<double>(1, static_cast<double>(items.size()));
    for (double& share : shares) share = sum > 0 ? 0.5 * equal + 0.5 * share / sum : equal;
    return shares;
}

} // namespace hone
