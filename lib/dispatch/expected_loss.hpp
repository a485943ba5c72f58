// How much slower than the best a config is expected to be on a problem it was not measured on.
#pragma once

#include "hone/problem.hpp"
#include "hone/winner.hpp"

#include <span>

namespace hone::dispatch {

// Euclidean distance of the dims on a scale of doublings: 1 is twice or half of one dim.
[[nodiscard]] double distance(const Problem& left, const Problem& right) noexcept;

// What the facts choose for one problem.
struct Judged {
    Problem problem;
    Verdict verdict;
};

struct ExpectedLoss {
    double fraction = 0; // 0.1: a tenth slower than the best known
    int problems = 0;    // measured ones it is an average of; 0: nothing is known
};

// The mean of what the config lost to the winner where both were measured, over the problems other
// than the one it was chosen on (there it loses nothing by choice). A problem at distance d counts
// 1 / (1 + d^2).
[[nodiscard]] ExpectedLoss expected_loss(const Problem& problem, const Standing& chosen,
                                         const Problem& chosen_on,
                                         std::span<const Judged> judged) noexcept;

} // namespace hone::dispatch
