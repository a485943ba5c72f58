// Which parameters depend on each other, and the order in which to assign them.
#pragma once

#include "lib/space/checks.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hone::space {

// One step of assigning a group's parameters.
struct Level {
    std::size_t parameter = 0;
    std::vector<std::uint32_t> digits; // those that the constraints on this parameter alone allow
    std::vector<std::size_t> constraints; // to check once this parameter is set
};

// Parameters that constraints connect.
struct GroupPlan {
    std::vector<Level> levels;            // in the order of assignment
    std::vector<std::size_t> constraints; // all that read them, as declared
};

// Every parameter stands in exactly one group. `digits`: what each parameter may be on its own.
[[nodiscard]] std::vector<GroupPlan>
assignment_orders(const ConstraintTable& table, std::vector<std::vector<std::uint32_t>> digits);

} // namespace hone::space
