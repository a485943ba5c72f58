#include "hone/outcome.hpp"

#include <array>

namespace hone {

namespace {

constexpr std::array<std::string_view, outcome_count> outcome_names = {
    "ok",   "invalid_config", "compile_failed", "compile_timeout", "launch_failed", "crash",
    "hang", "illegal_access", "out_of_memory",  "wrong_result",    "not_finite",    "out_of_bounds",
    "race", "deadlock",       "censored",       "skipped",
};

} // namespace

std::string_view to_string(Outcome outcome) noexcept {
    const auto i = static_cast<std::size_t>(outcome);
    return i < outcome_names.size() ? outcome_names[i] : "unknown outcome";
}

std::optional<Outcome> parse_outcome(std::string_view text) noexcept {
    for (std::size_t i = 0; i < outcome_names.size(); ++i) {
        if (outcome_names[i] == text) return static_cast<Outcome>(i);
    }
    return std::nullopt;
}

bool vetoes(Outcome outcome) noexcept {
    switch (outcome) {
    case Outcome::crash:
    case Outcome::hang:
    case Outcome::illegal_access:
    case Outcome::wrong_result:
    case Outcome::not_finite:
    case Outcome::out_of_bounds:
    case Outcome::race:
    case Outcome::deadlock:
        return true;
    case Outcome::ok:
    case Outcome::invalid_config:
    case Outcome::compile_failed:
    case Outcome::compile_timeout:
    case Outcome::launch_failed:
    case Outcome::out_of_memory:
    case Outcome::censored:
    case Outcome::skipped:
        return false;
    }
    return false;
}

} // namespace hone
