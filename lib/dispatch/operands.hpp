// Whether what a caller hands to a launch is what the operation takes.
#pragma once

#include "hone/backend.hpp"
#include "hone/operation.hpp"

#include <bitset>
#include <cstddef>
#include <span>

namespace hone::dispatch {

// Operation::args without its shapes: equal for all problems of a class, and checked without
// allocating.
struct OperandList {
    static constexpr std::size_t most = 32;

    std::size_t count = 0;
    std::bitset<most> present;

    OperandList() = default;
    explicit OperandList(std::span<const ArgSpec> args);

    [[nodiscard]] bool accepts(std::span<const Tensor> operands) const noexcept;
};

} // namespace hone::dispatch
