// Isotonic regression and monotone interpolation, as the score of a search needs them.
#pragma once

#include <span>
#include <vector>

namespace hone::replay {

// The non-increasing sequence closest to `values` in weighted least squares, by pooling adjacent
// violators (Barlow et al., "Statistical Inference under Order Restrictions", 1972). Weights are
// positive.
[[nodiscard]] std::vector<double> isotonic_non_increasing(std::span<const double> values,
                                                          std::span<const double> weights);

// Values at `count` places, evenly from x.front() to x.back(), of the monotone cubic through the
// points (Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5, 1984), whose ends are sloped as in
// Moler, "Numerical Computing with Matlab", 2004, section 3.6. x increases strictly; fewer than
// four points are joined by lines.
[[nodiscard]] std::vector<double> pchip_evenly(const std::vector<double>& x,
                                               const std::vector<double>& y, std::size_t count);

// The line through the points at `at`; beyond them the nearest end. x increases strictly and is not
// empty.
[[nodiscard]] double interpolate(std::span<const double> x, std::span<const double> y, double at);

} // namespace hone::replay
