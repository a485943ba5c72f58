// What the results of one operand set are compared with, computed when first asked for.
#pragma once

#include "hone/program.hpp"
#include "lib/measure/operand_set.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace hone {

using Rows = std::vector<ReferenceRows>; // one per output, the rows of OperandSet::rows

// Not safe to use from several threads. Operation, problem and set outlive it.
class References final {
  public:
    References(const Operation& operation, const Problem& problem, const OperandSet& set)
        : operation_(operation), problem_(problem), set_(set) {}

    // fp64 on the problem's own inputs: total_error.
    [[nodiscard]] const Rows& stated();
    // The plain algorithm on the problem's own inputs: plain_error.
    [[nodiscard]] const Rows& plain();
    // fp64 on the inputs as a program of these numerics sees them: kernel_error. Factors whose
    // dtype has more digits than numerics.operand are rounded to it; with split_terms > 1 they
    // arrive whole, as a sum of terms.
    [[nodiscard]] const Rows& seen(const Numerics& numerics);
    [[nodiscard]] std::span<const HostTensor> inputs_seen(const Numerics& numerics);
    // As seen, of other rows; not kept.
    [[nodiscard]] Rows seen(const Numerics& numerics, const RowSelection& rows);

  private:
    struct View {
        std::vector<std::vector<std::byte>> storage; // of inputs that were rounded
        std::vector<HostTensor> inputs;
        std::optional<Rows> rows;
    };
    [[nodiscard]] View* rounded(const Numerics& numerics); // null: as stated

    const Operation& operation_;
    const Problem& problem_;
    const OperandSet& set_;
    std::optional<Rows> stated_, plain_;
    std::map<DType, View> views_;
};

} // namespace hone
