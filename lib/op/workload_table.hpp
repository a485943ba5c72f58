// One table of a workload file: a problem, or one for every combination of its lists' values.
#pragma once

#include "hone/workload.hpp"
#include "lib/op/choose.hpp"
#include "lib/op/toml_text.hpp"

#include <string>
#include <vector>

namespace hone {

inline constexpr std::size_t max_problems_per_table = 4096;

// Appends the problems of `table`, called `name` in the file. Lists vary like nested loops, the
// first key outermost. Throws Error(workload).
void expand(const std::string& file_name, const std::string& name, const toml::table& table,
            const Choice& choice, std::vector<WorkloadItem>& items);

} // namespace hone
