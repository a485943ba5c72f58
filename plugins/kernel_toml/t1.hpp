// Parameters and constraints of a T1 file, the exchange format of auto-tuning benchmarks.
#pragma once

#include "hone/space.hpp"

#include <filesystem>
#include <vector>

namespace hone::kernel_toml {

struct T1Space {
    std::vector<Parameter> parameters;
    std::vector<Constraint> constraints;
    Config defaults; // of the parameters that have one among their values
};

// Values must be lists of numbers or texts, range(...) of constants, or sums of such lists;
// conditions must be expressions as Constraint::expression takes them. Anything else throws
// Error(workload) that names the file, the parameter or condition, and what cannot be read.
[[nodiscard]] T1Space read_t1(const std::filesystem::path& file);

} // namespace hone::kernel_toml
