// What a candidate promises.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace hone::surrogate {

// Logarithm of the expected improvement on `best` (smaller is better) of a normal prediction
// (Jones, Schonlau, Welch, "Efficient Global Optimization of Expensive Black-Box Functions", 1998,
// equation 15). The logarithm tells hopeless candidates apart, whose improvement would round to 0
// (Ament et al., "Unexpected Improvements to Expected Improvement for Bayesian Optimization",
// 2023).
inline double log_expected_improvement(double best, double mean, double variance) {
    const double deviation = std::sqrt(std::max(variance, 1e-9));
    const double z = (best - mean) / deviation;
    constexpr double log_sqrt_two_pi = 0.9189385332046727;
    // Below: phi(z) / z^2, the first term of the tail.
    if (z < -5) return std::log(deviation) - 0.5 * z * z - log_sqrt_two_pi - 2 * std::log(-z);
    const double density = std::exp(-0.5 * z * z - log_sqrt_two_pi);
    const double below = 0.5 * std::erfc(-z / std::numbers::sqrt2);
    return std::log(
        std::max(deviation * (z * below + density), std::numeric_limits<double>::min()));
}

} // namespace hone::surrogate
