#include "bound_step.hpp"

#include <string>

namespace fake {

Fault wrong_parameter(std::string_view name, std::string_view expected) {
    return {hone::Outcome::launch_failed,
            "parameter " + std::string(name) + " must be " + std::string(expected), false};
}

const Argument* BoundStep::find(std::string_view name) const noexcept {
    const int position = kernel.parameter(name);
    if (position < 0 || static_cast<std::size_t>(position) >= arguments.size()) return nullptr;
    return &arguments[static_cast<std::size_t>(position)];
}

std::uint64_t BoundStep::address(std::string_view name) const {
    const auto* found = std::get_if<Address>(find(name));
    if (!found) throw wrong_parameter(name, "a pointer");
    return found->value;
}

std::int64_t BoundStep::integer(std::string_view name) const {
    const auto* found = std::get_if<std::int64_t>(find(name));
    if (!found) throw wrong_parameter(name, "an integer");
    return *found;
}

} // namespace fake
