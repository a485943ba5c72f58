// Operands in the memory of a session.
#pragma once

#include "hone/backend.hpp"
#include "lib/worker/main/fault_handler.hpp"
#include "lib/worker/main/shared_operands.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace hone::worker {

inline constexpr std::byte poison{0xff}; // NaN in every floating type

// Throws std::bad_alloc when the device has not enough memory. `bytes` 0 gives the least there is.
[[nodiscard]] std::unique_ptr<Memory> allocate(Session& session, std::size_t bytes, MemoryUse use);

class OperandSet final {
  public:
    // Allocates and uploads. Throws std::bad_alloc. What is passed must outlive it.
    OperandSet(Session& session, std::span<const ArgSpec> args, const SharedOperands& shared);

    [[nodiscard]] const std::vector<Tensor>& tensors() const noexcept { return tensors_; }
    [[nodiscard]] const std::vector<Launch::Restore>& restore() const noexcept { return restore_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    void append_zones(std::vector<FaultZone>& zones) const;

    // Outputs and scratch are poisoned, inout operands get their input values.
    void reset();
    // The first operand written outside its bounds, by name.
    [[nodiscard]] RunReport check_guards() const;
    // The first input that is no longer what was uploaded.
    [[nodiscard]] RunReport check_inputs() const;
    // Outputs, to where the tool reads them.
    void collect() const;

  private:
    Session& session_;
    std::span<const ArgSpec> args_;
    const SharedOperands& shared_;
    // One per operand; null for absent ones and scalars, pristine_ for all but inout.
    std::vector<std::unique_ptr<Memory>> memory_, pristine_;
    std::vector<Tensor> tensors_;
    std::vector<Launch::Restore> restore_;
    std::size_t bytes_ = 0;
};

} // namespace hone::worker
