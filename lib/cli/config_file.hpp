// Options from a TOML file: every option can stand at the top, for all verbs that have it, or in
// the table of one verb.
//
//   device = "cpu:2"
//   [tune]
//   budget = "10m"
//   store = ["sqlite:/fast/facts.sqlite", "dir:/shared/facts"]
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>

namespace hone::cli {

// Fills in options of `root` and of the chosen `verb` that neither the command line nor the
// environment set. Throws Error(workload) with file:line:col and the nearest known name.
void apply_config_file(const std::filesystem::path& file, CLI::App& root, CLI::App& verb);

} // namespace hone::cli
