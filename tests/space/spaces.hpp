// Spaces that tests build, and the plain way to tell which of their points are legal.
#pragma once

#include "hone/space.hpp"

#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace hone::test {

inline std::vector<Value> integers(std::initializer_list<std::int64_t> values) {
    return {values.begin(), values.end()};
}

inline Parameter integer_parameter(std::string name, std::initializer_list<std::int64_t> values) {
    return {std::move(name), integers(values)};
}

// `parameters` parameters p0, p1, ... with the values 0, 1, ... `values` - 1.
inline std::vector<Parameter> counting_parameters(std::size_t parameters, std::int64_t values) {
    std::vector<Parameter> result;
    for (std::size_t p = 0; p < parameters; ++p) {
        Parameter parameter{"p" + std::to_string(p), {}};
        for (std::int64_t value = 0; value < values; ++value) parameter.values.emplace_back(value);
        result.push_back(std::move(parameter));
    }
    return result;
}

// Every raw point that `broken_constraint` has nothing against.
inline std::vector<ConfigIndex> brute_force(const SearchSpace& space) {
    std::vector<ConfigIndex> legal;
    for (std::uint64_t i = 0; i < space.raw_count(); ++i)
        if (space.broken_constraint({i}).empty()) legal.push_back({i});
    return legal;
}

} // namespace hone::test
