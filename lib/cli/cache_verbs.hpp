// The verbs under `hone cache` that have a file of their own, and what they share.
#pragma once

#include "lib/cli/context.hpp"

#include <string>

namespace hone::cli {

[[nodiscard]] Verb add_cache_push(CLI::App& cache, const Common& common);
[[nodiscard]] Verb add_cache_pull(CLI::App& cache, const Common& common);
[[nodiscard]] Verb add_cache_diff(CLI::App& cache, const Common& common);
[[nodiscard]] Verb add_cache_prune(CLI::App& cache, const Common& common);
[[nodiscard]] Verb add_cache_sign(CLI::App& cache, const Common& common);
[[nodiscard]] Verb add_cache_plan(CLI::App& cache, const Common& common);

// Canonical texts as a person reads them; as they are where this hone cannot read them.
[[nodiscard]] std::string shown_problem(const Registry& registry, const std::string& problem);
[[nodiscard]] std::string shown_device(const std::string& device);

} // namespace hone::cli
