#include "search/portfolio/bandit.hpp"

#include <algorithm>
#include <utility>

namespace hone::search {
namespace {

// From Beta(a, b), as a ratio of gamma variates.
double draw_rate(double a, double b, std::mt19937_64& random) {
    const double x = std::gamma_distribution<double>(a)(random);
    const double y = std::gamma_distribution<double>(b)(random);
    return x + y > 0 ? x / (x + y) : 0;
}

} // namespace

Bandit::Bandit(const std::vector<Prior>& priors, double discount) : discount_(discount) {
    for (const Prior& prior : priors) arms_.push_back({prior});
}

std::vector<std::size_t> Bandit::ranking(std::mt19937_64& random) const {
    std::vector<std::pair<double, std::size_t>> rates;
    for (std::size_t i = 0; i < arms_.size(); ++i) {
        const Arm& arm = arms_[i];
        rates.emplace_back(draw_rate(arm.prior.successes + arm.successes,
                                     arm.prior.failures + arm.failures, random),
                           i);
    }
    std::stable_sort(rates.begin(), rates.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<std::size_t> order;
    order.reserve(rates.size());
    for (const auto& [rate, arm] : rates) order.push_back(arm);
    return order;
}

void Bandit::note(std::size_t arm, bool success) {
    for (Arm& each : arms_) {
        each.successes *= discount_;
        each.failures *= discount_;
    }
    (success ? arms_[arm].successes : arms_[arm].failures) += 1;
}

} // namespace hone::search
