// Errors of results against fp64, as facts keep them.
#pragma once

#include "hone/fact.hpp"

namespace hone {

// Gathers the errors of one comparison. Both errors in parts per 10^12, rounded up, saturating.
class ErrorMeter final {
  public:
    // x: the result, r: the reference; all finite, magnitude >= 0.
    void add(double x, double r, double magnitude) noexcept;
    // frobenius: ||X - R|| / ||R||, saturated when only R is 0. componentwise: the largest
    // |x - r| / magnitude, where a difference at magnitude 0 saturates.
    [[nodiscard]] ErrorPair pair() const noexcept;

  private:
    double difference_squares_ = 0, reference_squares_ = 0, worst_ = 0;
};

// The larger of both, part by part.
[[nodiscard]] ErrorPair worst(const ErrorPair& a, const ErrorPair& b) noexcept;

} // namespace hone
