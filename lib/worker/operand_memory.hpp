// Operands that the tool and its device worker both see.
#pragma once

#include "hone/operation.hpp"
#include "lib/worker/descriptor.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace hone {

// One set of operands in shared memory (a memfd). The tool fills in the inputs; a check leaves what
// the candidate wrote in `results`, so that judging it needs nobody's word but the bytes'.
class OperandMemory final {
  public:
    // Zero-filled. Throws Error(unavailable) when there is not enough memory.
    explicit OperandMemory(std::span<const ArgSpec> args);
    ~OperandMemory();
    OperandMemory(const OperandMemory&) = delete;
    OperandMemory& operator=(const OperandMemory&) = delete;

    // In the order of the args; absent ones and those that are only written have null data.
    [[nodiscard]] std::span<const HostTensor> inputs() const noexcept { return inputs_; }
    // out and inout tensors in the order of the args, all others absent (dtype none).
    [[nodiscard]] std::span<const HostTensor> results() const noexcept { return results_; }
    [[nodiscard]] int file() const noexcept { return file_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    std::vector<HostTensor> inputs_, results_;
    void* base_ = nullptr;
    std::size_t size_ = 0;
    Descriptor file_;
};

} // namespace hone
