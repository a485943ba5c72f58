#include "hone/space.hpp"

#include <utility>

namespace hone {

Constraint Constraint::expression(std::string text) { return {std::move(text), {}, nullptr}; }

Constraint Constraint::predicate(std::vector<std::string> parameters, Predicate check,
                                 std::string description) {
    return {std::move(description), std::move(parameters), std::move(check)};
}

} // namespace hone
