// The verbs. Each adds its subcommand and says what to run when it was chosen.
#pragma once

#include "lib/cli/context.hpp"

namespace hone::cli {

[[nodiscard]] Verb add_tune(CLI::App& root, const Common& common);
[[nodiscard]] Verb add_bench(CLI::App& root, const Common& common);
[[nodiscard]] Verb add_verify(CLI::App& root, const Common& common);
[[nodiscard]] Verb add_compile(CLI::App& root, const Common& common);
[[nodiscard]] Verb add_emu(CLI::App& root, const Common& common);
[[nodiscard]] Verb add_show(CLI::App& root, const Common& common);
[[nodiscard]] Verb add_cache(CLI::App& root, const Common& common);
[[nodiscard]] Verb add_replay(CLI::App& root, const Common& common);
[[nodiscard]] Verb add_list(CLI::App& root, const Common& common);
[[nodiscard]] Verb add_doctor(CLI::App& root, const Common& common);
[[nodiscard]] Verb add_completion(CLI::App& root, const Common& common);

} // namespace hone::cli
