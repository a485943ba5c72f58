// How a trial can end. The list is part of the fact format: values are never renumbered.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hone {

enum class Outcome : std::uint8_t {
    ok = 0,
    invalid_config = 1,
    compile_failed = 2,
    compile_timeout = 3,
    launch_failed = 4,
    crash = 5,
    hang = 6,
    illegal_access = 7,
    out_of_memory = 8,
    wrong_result = 9,
    not_finite = 10,
    out_of_bounds = 11,
    race = 12,
    deadlock = 13,
    censored = 14, // slower than a bound, so not measured to the end
    skipped = 15,
};
inline constexpr int outcome_count = 16;

[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;
[[nodiscard]] std::optional<Outcome> parse_outcome(std::string_view text) noexcept;

// True when the outcome says that the candidate computes something wrong or harms its process, so
// that one such fact vetoes the config (winner/1): crash, hang, illegal_access, wrong_result,
// not_finite, out_of_bounds, race, deadlock.
[[nodiscard]] bool vetoes(Outcome outcome) noexcept;

} // namespace hone
