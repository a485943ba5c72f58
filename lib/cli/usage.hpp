// What the command line allows, and what a person is told who wrote something else.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace hone::cli {

// Checks of options that are finite numbers.
[[nodiscard]] CLI::Validator above_zero();
[[nodiscard]] CLI::Validator at_least_zero();

// For an error of the parser: the verb or option that one of the words was probably meant to be, or
// where the options are listed.
[[nodiscard]] std::string usage_hint(const CLI::App& root, int argc, const char* const* argv);

} // namespace hone::cli
