// What the caller allows. A contract is an argument of lookup and tuning, never part of a key.
#pragma once

#include "hone/digest.hpp"

#include <cstdint>
#include <limits>

namespace hone {

enum class NumericClass : std::uint8_t {
    any,
    deterministic,   // bit-identical from run to run
    batch_invariant, // deterministic, and a row's result does not depend on the other rows' count
    same_as,         // bit-identical to the program with digest Contract::same_as
};

struct Contract {
    // Largest total_error (relative Frobenius norm against fp64 on the problem's own inputs).
    // 0: the default contract, at most twice the error of the plain algorithm (sequential f32
    // accumulation, one rounding at the output) on the same inputs.
    double max_error = 0;
    NumericClass numeric_class = NumericClass::any;
    Digest same_as{};
    std::int64_t workspace_limit = std::numeric_limits<std::int64_t>::max(); // bytes

    friend bool operator==(const Contract&, const Contract&) = default;
};

} // namespace hone
