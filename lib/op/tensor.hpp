// Making argument specs and walking the elements they describe.
#pragma once

#include "hone/operation.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

namespace hone {

// A tensor without gaps.
[[nodiscard]] inline ArgSpec packed_tensor(std::string name, Role role, DType dtype,
                                           std::initializer_list<std::int64_t> shape) {
    ArgSpec spec{.name = std::move(name),
                 .role = role,
                 .dtype = dtype,
                 .rank = static_cast<int>(shape.size())};
    std::copy(shape.begin(), shape.end(), spec.shape.begin());
    std::int64_t stride = 1;
    for (int axis = spec.rank; axis-- > 0;) {
        spec.strides[static_cast<std::size_t>(axis)] = stride;
        stride *= spec.shape[static_cast<std::size_t>(axis)];
    }
    return spec;
}

[[nodiscard]] inline ArgSpec absent_tensor(std::string name, Role role = Role::in) {
    return {.name = std::move(name), .role = role, .dtype = DType::none};
}

[[nodiscard]] inline ArgSpec scalar(std::string name, DType dtype) {
    return {.name = std::move(name), .role = Role::in, .dtype = dtype};
}

[[nodiscard]] inline std::int64_t element_count(const ArgSpec& spec) noexcept {
    std::int64_t count = 1;
    for (int axis = 0; axis < spec.rank; ++axis) {
        count *= spec.shape[static_cast<std::size_t>(axis)];
    }
    return count;
}

// Every operand read or written once; inout ones both.
[[nodiscard]] inline double traffic_bytes(const std::vector<ArgSpec>& args) noexcept {
    double total = 0;
    for (const ArgSpec& spec : args) {
        if (!spec.present()) continue;
        const auto once = static_cast<double>(bytes(spec.dtype, element_count(spec)));
        total += spec.role == Role::inout ? 2 * once : once;
    }
    return total;
}

// All elements that share every index but the last.
struct Row {
    std::int64_t number = 0; // in row-major order
    std::int64_t offset = 0; // of its first element, in elements
    std::int64_t length = 0;
    std::int64_t stride = 1; // between its elements
};

// A scalar is one row of one element.
[[nodiscard]] inline std::int64_t row_count(const ArgSpec& spec) noexcept {
    std::int64_t rows = 1;
    for (int axis = 0; axis + 1 < spec.rank; ++axis) {
        rows *= spec.shape[static_cast<std::size_t>(axis)];
    }
    return rows;
}

[[nodiscard]] inline Row row_of(const ArgSpec& spec, std::int64_t number) noexcept {
    if (spec.rank == 0) return {.length = 1};
    const auto last = static_cast<std::size_t>(spec.rank - 1);
    Row row{number, 0, spec.shape[last], spec.strides[last]};
    for (std::size_t axis = last; axis-- > 0; number /= spec.shape[axis]) {
        row.offset += number % spec.shape[axis] * spec.strides[axis];
    }
    return row;
}

} // namespace hone
