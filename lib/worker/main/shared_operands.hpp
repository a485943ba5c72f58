// A worker's view of an operand set that the tool filled in.
#pragma once

#include "hone/operation.hpp"
#include "lib/worker/operand_layout.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace hone::worker {

// Inputs are mapped read-only and the file is not kept: a candidate that writes to every address
// and every file it finds cannot change what later candidates are given.
class SharedOperands final {
  public:
    // Throws Malformed when the file does not hold such a set, Error(unavailable) when it cannot be
    // mapped.
    SharedOperands(std::span<const ArgSpec> args, int file);
    ~SharedOperands();
    SharedOperands(const SharedOperands&) = delete;
    SharedOperands& operator=(const SharedOperands&) = delete;

    // Empty for operands that have none.
    [[nodiscard]] std::span<const std::byte> input(std::size_t operand) const;
    [[nodiscard]] std::span<std::byte> result(std::size_t operand) const;

  private:
    [[nodiscard]] std::size_t bytes(std::size_t operand) const;

    std::span<const ArgSpec> args_;
    OperandLayout layout_;
    std::byte* base_ = nullptr;
};

} // namespace hone::worker
