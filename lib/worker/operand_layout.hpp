// Where each operand lies in the shared memory of a set. The tool and its worker both compute it.
#pragma once

#include "hone/operation.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace hone {

struct OperandLayout {
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    // Offsets of the operands in order, `none` where the operand has no such bytes: inputs for all
    // that are read, results for out and inout.
    std::vector<std::size_t> inputs, results;
    std::size_t results_begin = 0; // on a page: from here on a run may write
    std::size_t size = 0;          // a number of pages, at least one
};

// Throws Error(workload) when the bytes cannot be counted.
[[nodiscard]] OperandLayout operand_layout(std::span<const ArgSpec> args);

[[nodiscard]] inline bool is_read(const ArgSpec& arg) noexcept {
    return arg.present() && arg.role != Role::out && arg.role != Role::scratch;
}
[[nodiscard]] inline bool is_written(const ArgSpec& arg) noexcept {
    return arg.present() && (arg.role == Role::out || arg.role == Role::inout);
}

} // namespace hone
