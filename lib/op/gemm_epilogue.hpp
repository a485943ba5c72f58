// What happens to a row of sums before it is stored in D.
#pragma once

#include "hone/gemm.hpp"

#include <span>

namespace hone {

// Values and magnitudes of one row. Magnitudes stand for what rounding errors are measured against
// and follow the values:
//   scale      |alpha| M + |beta C|              bias, residual   M + |addend|
//   relu       M (slope at most 1)               silu, gelu       1.13 M (their steepest slope)
//   swiglu     1.1 M1 |x2| + |silu(x1)| M2 + M1 M2 u32, the product rule with its second order term
// An activation does not shrink them where it is flat: an error large enough to leave the flat part
// is an error of the sum.
class GemmEpilogue final {
  public:
    GemmEpilogue(const Gemm& gemm, std::span<const HostTensor> args);

    // Takes n sums and magnitudes of row `row` of matrix `batch`, leaves d_columns() of each.
    // Real is the arithmetic: float in the plain algorithm.
    template <typename Real>
    void apply(std::int64_t batch, std::int64_t row, Real* values, Real* magnitudes) const;

  private:
    template <typename Real>
    void add_row(const HostTensor& tensor, std::int64_t batch, std::int64_t row, Real factor,
                 std::int64_t count, Real* values, Real* magnitudes) const;

    const Gemm& gemm_;
    std::span<const HostTensor> args_;
    double alpha_ = 1, beta_ = 0;
};

} // namespace hone
