// Workload files and problem texts.
#pragma once

#include "hone/contract.hpp"
#include "hone/operation.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

struct WorkloadItem {
    Problem problem;
    const Operation* operation = nullptr;
    Contract contract;
    std::string name;  // of its table, may be empty
    double weight = 1; // how often one step runs it
    std::string where; // "file:line:col", for messages
};

struct Workload {
    std::string name;
    std::string phase;               // prefill | decode | training, or empty
    std::vector<WorkloadItem> items; // lists expanded, in the order of the file
};

// Both throw Error(workload): file:line:col, what was expected, and the nearest known key.
[[nodiscard]] Workload load_workload(const std::filesystem::path& file,
                                     std::span<const Operation* const> operations);
[[nodiscard]] Workload parse_workload(std::string_view toml, const std::string& file_name,
                                      std::span<const Operation* const> operations);
// "gemm m=4096 n=4096 k=4096 a=bf16", also with max_error= and weight=. Columns count from 1.
[[nodiscard]] WorkloadItem parse_problem(std::string_view text,
                                         std::span<const Operation* const> operations);

} // namespace hone
