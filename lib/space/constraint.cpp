#include "hone/space.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace hone {

Constraint Constraint::expression(std::string text) { return {std::move(text), {}, nullptr}; }

Constraint Constraint::predicate(std::vector<std::string> parameters, Predicate check,
                                 std::string description) {
    if (description.empty())
        description = fmt::format("a condition on {}", fmt::join(parameters, ", "));
    return {std::move(description), std::move(parameters), std::move(check)};
}

} // namespace hone
