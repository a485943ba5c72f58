// How values are shown: to people with units, to programs as plain numbers.
#pragma once

#include "hone/fact.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace hone {

// "1.234 ms", "56.7 us"; "-" for 0, which stands for "not measured".
[[nodiscard]] std::string time_text(std::uint64_t picoseconds);
// "1.2e-07" of parts per 10^12.
[[nodiscard]] std::string error_text(std::uint64_t ppt);
// Whole nanoseconds, rounded.
[[nodiscard]] std::uint64_t nanoseconds(std::uint64_t picoseconds) noexcept;
[[nodiscard]] double error_value(std::uint64_t ppt) noexcept;
// The canonical text of a config as an object, values with their types.
[[nodiscard]] nlohmann::ordered_json config_json(std::string_view canonical_text);

} // namespace hone
