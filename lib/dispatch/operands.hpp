// Whether what a caller hands to a launch is what the problem takes.
#pragma once

#include "hone/backend.hpp"
#include "hone/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hone::dispatch {

// What one problem asks of its operands. Made once (which allocates), then checked by any number of
// threads without allocating.
//
// - As many operands as the operation has; those that are present have data.
// - The address is a multiple of the alignment class of a strided problem, else of the largest
//   power of two up to 16 bytes that divides the rows, so that any row may be the first one.
// - The last axis has the operation's stride. The leading dimension (the stride of the axis before
//   it) of a strided problem holds a row and keeps to the class; outer strides of it hold what is
//   inside them. All other strides are the operation's own. An axis of one element is not looked at
//   unless it is the one of the leading dimension.
// - A shape, where one is given, is the problem's. Where index operands steer the computation, the
//   extents before the last one are the caller's, and strides follow them; where no shape is given
//   then, outer strides need only be multiples of the inner ones.
class OperandRules final {
  public:
    static constexpr std::size_t most = 32;

    // Throws what Operation::args throws, and Error(internal) beyond `most` operands.
    OperandRules(const Operation& operation, const Problem& problem);

    enum class Rule : std::uint8_t { count, data, address, shape, stride, leading, outer };
    struct Breach {
        Rule rule = Rule::count;
        std::size_t operand = 0;
        int axis = 0;
        std::int64_t wanted = 0, got = 0;
    };
    [[nodiscard]] std::optional<Breach> breach(std::span<const Tensor> operands) const noexcept;
    // "operand b: stride 4095 of axis 1 must be a multiple of 8 elements and at least 4096"
    [[nodiscard]] std::string describe(const Breach& breach) const;

    [[nodiscard]] std::size_t count() const noexcept { return operands_.size(); }

  private:
    struct Wanted {
        ArgSpec spec;
        bool strided = false, row_major = false;
        std::int64_t address_bytes = 1;   // a power of two
        std::int64_t stride_elements = 1; // of strided operands: what strides are multiples of
    };
    [[nodiscard]] std::optional<Breach> breach_of(std::size_t operand,
                                                  const Tensor& tensor) const noexcept;

    std::string operation_;
    std::vector<Wanted> operands_;
    bool ragged_ = false; // extents before the last one depend on what index operands hold
};

} // namespace hone::dispatch
