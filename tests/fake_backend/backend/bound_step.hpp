// One launch of one kernel, with everything it was given.
#pragma once

#include "arguments.hpp"
#include "module_text.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace fake {

struct BoundStep {
    KernelText kernel;
    std::array<std::int64_t, 3> grid{1, 1, 1};
    std::vector<Argument> arguments;

    // By the names of KernelText::params; null when there is none of that name.
    [[nodiscard]] const Argument* find(std::string_view name) const noexcept;
    // Throw Fault, launch_failed and not sticky, when the argument is missing or of another kind.
    [[nodiscard]] std::uint64_t address(std::string_view name) const;
    [[nodiscard]] std::int64_t integer(std::string_view name) const;
};

[[nodiscard]] Fault wrong_parameter(std::string_view name, std::string_view expected);

} // namespace fake
