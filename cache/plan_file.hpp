// Plans as files.
#pragma once

#include "hone/plan.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace hone::cache {

// JSON: {"schema":"hone.plan/1","digest","binary_digest","entries":[...]}; docs/plans.md.
[[nodiscard]] std::string encode_plan(const Plan& plan);
// Throws Error(workload) when the text is no plan, Error(check_failed) when its digests are not
// those of its entries.
[[nodiscard]] Plan decode_plan(std::string_view text);

// Written aside, synced and renamed. Errors name the file.
void write_plan(const std::filesystem::path& file, const Plan& plan);
[[nodiscard]] Plan read_plan(const std::filesystem::path& file);

} // namespace hone::cache
