#include "lib/dispatch/expected_loss.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hone::dispatch {

namespace {

bool same_config(const Standing& left, const Standing& right) {
    return left.family == right.family && left.revision == right.revision &&
           left.config == right.config;
}

// Null where the config has no standing among those that may win.
const Standing* standing_in(const Verdict& verdict, const Standing& chosen) {
    for (const auto* list : {&verdict.tied, &verdict.others})
        for (const Standing& standing : *list)
            if (same_config(standing, chosen) && standing.veto == Outcome::ok) return &standing;
    return nullptr;
}

} // namespace

double distance(const Problem& left, const Problem& right) noexcept {
    double sum = 0;
    for (std::size_t i = 0; i < left.dims.size(); ++i) {
        if (left.dims[i] == right.dims[i]) continue;
        if (left.dims[i] <= 0 || right.dims[i] <= 0) return std::numeric_limits<double>::infinity();
        const double doublings =
            std::log2(static_cast<double>(left.dims[i]) / static_cast<double>(right.dims[i]));
        sum += doublings * doublings;
    }
    return std::sqrt(sum);
}

ExpectedLoss expected_loss(const Problem& problem, const Standing& chosen, const Problem& chosen_on,
                           std::span<const Judged> judged) noexcept {
    ExpectedLoss loss;
    double weights = 0, sum = 0;
    for (const Judged& other : judged) {
        if (other.problem == chosen_on || !other.verdict.winner) continue;
        const Standing* standing = standing_in(other.verdict, chosen);
        if (!standing || other.verdict.winner->ratio_ppb == 0) continue;
        const double d = distance(problem, other.problem), weight = 1 / (1 + d * d);
        const double slower = static_cast<double>(standing->ratio_ppb) /
                              static_cast<double>(other.verdict.winner->ratio_ppb);
        sum += weight * std::max(slower - 1, 0.0);
        weights += weight;
        ++loss.problems;
    }
    if (weights > 0) loss.fraction = sum / weights;
    return loss;
}

} // namespace hone::dispatch
