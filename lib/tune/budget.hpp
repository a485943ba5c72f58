// Divides the time of a workload over its problems.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hone {

// What a problem gets of the clock when nobody says.
inline constexpr double default_seconds_per_problem = 12;

struct BudgetItem {
    double weight = 1;      // how often one step runs the problem
    double work = 1;        // what one run costs, in any unit common to all items
    std::int64_t known = 0; // trials already in the stores
};

// Shares that sum to 1. A problem's share grows with the square root of weight x work (time spent
// in it), because what a search gains flattens with the trials it has, and shrinks with the trials
// that are known already. Half of an equal share is given to everyone, so that no problem is left
// without a search.
[[nodiscard]] std::vector<double> divide_budget(std::span<const BudgetItem> items);

} // namespace hone
