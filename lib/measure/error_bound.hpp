// The bug gate: how far a right result may be from its reference. docs/verification.md derives it.
#pragma once

#include "hone/program.hpp"

#include <cstdint>

namespace hone {

// How a program arrives at one output element.
struct Path {
    Numerics numerics;
    std::int64_t accumulation_length = 1;
    DType output = DType::f32;
    bool dequantised = false; // an operand is stored as integers with scales
};

// |x - r| <= relative * magnitude + absolute, magnitude as in ReferenceRows, r the exact result for
// the inputs as the program sees them.
struct ErrorBound {
    double relative = 0;
    double absolute = 0;

    [[nodiscard]] double at(double magnitude) const noexcept {
        return relative * magnitude + absolute;
    }
};

// relative = gamma + 16 u_acc [+ k u_acc / 8] [+ 4 u_op^2] [+ 2 u_op] + 2 u_out, where
//   gamma = exp(lambda sqrt(k) u_acc + k u_acc^2 / (1 - u_acc)) - 1, lambda = 4
// is the probabilistic bound of a sum of k products (Higham and Mary, A New Approach to
// Probabilistic Rounding Error Analysis, SIAM J. Sci. Comput. 41(5), 2019, theorem 3.1), and the
// terms in brackets count for matrix units that truncate, split operands and dequantised operands.
// Integer accumulation into an integer output is exact: both parts are 0.
[[nodiscard]] ErrorBound error_bound(const Path& path);

} // namespace hone
