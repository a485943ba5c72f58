// All operands of the present problem, as a session holds them.
#pragma once

#include "hone/backend.hpp"
#include "lib/worker/channel.hpp"
#include "lib/worker/main/operand_set.hpp"
#include "lib/worker/main/shared_operands.hpp"
#include "lib/worker/message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace hone::worker {

class ProblemMemory final {
  public:
    // Throws std::bad_alloc, Malformed, Error(device_lost).
    ProblemMemory(Session& session, SetProblem problem, std::span<const Descriptor> files);

    [[nodiscard]] const Problem& problem() const noexcept { return message_.problem; }
    [[nodiscard]] std::size_t sets() const noexcept { return sets_.size(); }
    [[nodiscard]] OperandSet& set(std::size_t index) { return *sets_[index].front(); }
    // The set and copies of it that together span at least `bytes`, or as many as fit on the
    // device. Copies are kept.
    [[nodiscard]] std::vector<OperandSet*> rotation(std::size_t index, std::int64_t bytes);
    void append_zones(std::vector<FaultZone>& zones) const;

  private:
    Session& session_;
    SetProblem message_;
    std::vector<std::unique_ptr<SharedOperands>> shared_;
    std::vector<std::vector<std::unique_ptr<OperandSet>>> sets_; // each with its copies
};

} // namespace hone::worker
