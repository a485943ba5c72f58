#include "lib/replay/isotonic.hpp"

// Boost 1.74 calls isnan without naming std, so the C header must come first.
// clang-format off
#include <math.h>
#include <boost/math/interpolators/pchip.hpp>
// clang-format on

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <utility>

namespace hone::replay {

namespace {

constexpr std::size_t least_cubic_points = 4;

// The slope at an end from the first two steps and their slopes: of the parabola through three
// points, unless that would overshoot.
double end_slope(double step, double next_step, double slope, double next_slope) {
    const double end = ((2 * step + next_step) * slope - step * next_slope) / (step + next_step);
    if (std::signbit(end) != std::signbit(slope) || slope == 0) return 0;
    if (std::signbit(slope) != std::signbit(next_slope) && std::abs(end) > 3 * std::abs(slope))
        return 3 * slope;
    return end;
}

std::function<double(double)> curve_through(const std::vector<double>& x,
                                            const std::vector<double>& y) {
    const std::size_t n = x.size();
    if (n < least_cubic_points) return [&x, &y](double at) { return interpolate(x, y, at); };
    const auto step = [&](std::size_t i) { return x[i + 1] - x[i]; };
    const auto slope = [&](std::size_t i) { return (y[i + 1] - y[i]) / step(i); };
    const double left = end_slope(step(0), step(1), slope(0), slope(1));
    const double right = end_slope(step(n - 2), step(n - 3), slope(n - 2), slope(n - 3));
    return boost::math::interpolators::pchip<std::vector<double>>(
        std::vector<double>(x), std::vector<double>(y), left, right);
}

} // namespace

std::vector<double> isotonic_non_increasing(std::span<const double> values,
                                            std::span<const double> weights) {
    struct Block {
        double mean, weight;
        std::size_t count;
    };
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < values.size(); ++i) {
        Block block{values[i], weights[i], 1};
        while (!blocks.empty() && blocks.back().mean <= block.mean) {
            const Block& before = blocks.back();
            const double weight = before.weight + block.weight;
            block.mean = (before.mean * before.weight + block.mean * block.weight) / weight;
            block.weight = weight;
            block.count += before.count;
            blocks.pop_back();
        }
        blocks.push_back(block);
    }
    std::vector<double> fitted;
    fitted.reserve(values.size());
    for (const Block& block : blocks) fitted.insert(fitted.end(), block.count, block.mean);
    return fitted;
}

std::vector<double> pchip_evenly(const std::vector<double>& x, const std::vector<double>& y,
                                 std::size_t count) {
    if (x.size() == 1) return std::vector<double>(count, y.front());
    const auto curve = curve_through(x, y);
    const double width = x.back() - x.front();
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
        const double at =
            x.front() + width * static_cast<double>(i) / static_cast<double>(count - 1);
        values.push_back(curve(std::min(at, x.back())));
    }
    return values;
}

double interpolate(std::span<const double> x, std::span<const double> y, double at) {
    const auto above = std::upper_bound(x.begin(), x.end(), at);
    if (above == x.begin()) return y.front();
    if (above == x.end()) return y.back();
    const auto i = static_cast<std::size_t>(above - x.begin());
    const double share = (at - x[i - 1]) / (x[i] - x[i - 1]);
    return y[i - 1] + share * (y[i] - y[i - 1]);
}

} // namespace hone::replay
