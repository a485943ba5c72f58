#include "lib/measure/error_meter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hone {

namespace {

std::uint64_t parts_per_trillion(double value) noexcept {
    const double parts = std::ceil(value * 1e12);
    // 2^64 itself is out of range already; the comparison also holds for NaN.
    if (!(parts < 0x1p64)) return std::numeric_limits<std::uint64_t>::max();
    return static_cast<std::uint64_t>(parts);
}

double quotient(double difference, double scale) noexcept {
    if (difference == 0) return 0;
    return scale == 0 ? std::numeric_limits<double>::infinity() : difference / scale;
}

} // namespace

void ErrorMeter::add(double x, double r, double magnitude) noexcept {
    const double difference = std::abs(x - r);
    difference_squares_ += difference * difference;
    reference_squares_ += r * r;
    // Few elements raise it, so that few divisions are made.
    if (difference > worst_ * magnitude) worst_ = quotient(difference, magnitude);
}

ErrorPair ErrorMeter::pair() const noexcept {
    return {
        parts_per_trillion(quotient(std::sqrt(difference_squares_), std::sqrt(reference_squares_))),
        parts_per_trillion(worst_)};
}

ErrorPair worst(const ErrorPair& a, const ErrorPair& b) noexcept {
    return {std::max(a.frobenius_ppt, b.frobenius_ppt),
            std::max(a.componentwise_ppt, b.componentwise_ppt)};
}

} // namespace hone
