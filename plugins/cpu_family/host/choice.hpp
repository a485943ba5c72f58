// Reading a config's parameters. All throw Error(workload), which names `family`, when a parameter
// is missing or is not what it should be.
#pragma once

#include "hone/config.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hone::cpu_family {

[[nodiscard]] std::int64_t integer(std::string_view family, const Config& config, const char* name);

// Which of the names the parameter has.
[[nodiscard]] std::size_t named(std::string_view family, const Config& config, const char* name,
                                std::span<const char* const> names);

} // namespace hone::cpu_family
