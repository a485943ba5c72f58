// A kernel.toml as data. docs/kernel_toml.md has the format.
#pragma once

#include "hone/config.hpp"
#include "hone/operation.hpp"
#include "hone/space.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace hone::kernel_toml {

// An expression over parameters: +, -, *, / and the functions of muParser; a positive integer.
struct Amount {
    std::string expression;
    std::string where; // file:line:col

    // Throws Error(workload) when it does not parse or is no positive integer.
    [[nodiscard]] std::int64_t value(const Config& config) const;
};

// A factor of a grid extent: ceil(dim / per), or `times`.
struct GridFactor {
    int dim = -1; // slot; -1: times
    Amount amount;
};

struct Description {
    std::string name, entry, backend;
    std::string source_name, source;
    std::int64_t revision = 1;
    const Operation* operation = nullptr;
    std::vector<std::string> options;
    // Fields of a problem and the texts of the values that the kernel is right for.
    std::map<std::string, std::vector<std::string>> requires_values;
    // Macros that take a field's text.
    std::map<std::string, std::string> defines;
    std::vector<Parameter> parameters;
    std::vector<Constraint> constraints;
    Config fallback; // empty: none
    std::array<std::vector<GridFactor>, 3> grid;
    std::array<Amount, 3> block;
    Amount shared_bytes; // empty: 0
    std::vector<std::string> arguments;
    std::string arguments_where;
    std::string accumulator;
    bool deterministic = true;
};

// Throws Error(workload): file:line:col, what was expected.
[[nodiscard]] Description read_description(const std::filesystem::path& file);

} // namespace hone::kernel_toml
