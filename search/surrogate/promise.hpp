// What a candidate promises.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hone::surrogate {

namespace detail {

constexpr double log_sqrt_two_pi = 0.9189385332046727;
constexpr double tail = -5; // below, the first term of a normal tail's series serves

inline double deviation_of(double variance) { return std::sqrt(std::max(variance, 1e-9)); }

inline double log_density(double z) { return -0.5 * z * z - log_sqrt_two_pi; }

inline double below(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

} // namespace detail

// Logarithm of the expected improvement on `best` (smaller is better) of a normal prediction
// (Jones, Schonlau, Welch, "Efficient Global Optimization of Expensive Black-Box Functions", 1998,
// equation 15). The logarithm tells hopeless candidates apart, whose improvement would round to 0
// (Ament et al., "Unexpected Improvements to Expected Improvement for Bayesian Optimization",
// 2023).
inline double log_expected_improvement(double best, double mean, double variance) {
    const double deviation = detail::deviation_of(variance);
    const double z = (best - mean) / deviation;
    const double log_density = detail::log_density(z);
    if (z < detail::tail) return std::log(deviation) + log_density - 2 * std::log(-z);
    return std::log(deviation * (z * detail::below(z) + std::exp(log_density)));
}

// Logarithm of the chance that a normal prediction is below `limit`.
inline double log_chance_below(double limit, double mean, double variance) {
    const double z = (limit - mean) / detail::deviation_of(variance);
    if (z < detail::tail) return detail::log_density(z) - std::log(-z);
    return std::log(detail::below(z));
}

} // namespace hone::surrogate
