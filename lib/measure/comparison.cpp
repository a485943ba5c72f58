#include "lib/measure/comparison.hpp"

#include "lib/op/convert.hpp"
#include "lib/op/tensor.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <vector>

namespace hone {

namespace {

// Errors of saturated values say nothing about arithmetic.
bool measurable(double x, double r, DType dtype) {
    return std::isfinite(x) && std::abs(r) <= largest(dtype);
}

// Calls visit(row, column, x, r, magnitude) for every element of the reference's rows.
template <typename Visit>
void for_each_element(const HostTensor& output, const ReferenceRows& reference, Visit visit) {
    std::vector<double> values;
    std::size_t at = 0;
    for (const std::int64_t row : reference.rows) {
        const Row run = row_of(output.spec, row);
        values.resize(static_cast<std::size_t>(run.length));
        load_run(output.spec.dtype, output.data, run.offset, run.stride, run.length, values.data());
        for (std::size_t column = 0; column < values.size(); ++column, ++at)
            visit(Position{row, static_cast<std::int64_t>(column)}, values[column],
                  reference.values[at], reference.magnitudes[at]);
    }
}

} // namespace

bool agrees(double x, double r, double bound, DType dtype) noexcept {
    if (x == r) return true; // infinities, too
    if (!std::isfinite(r) || std::isnan(x)) return false;
    if (std::abs(x - r) <= bound) return true;
    const double top = largest(dtype);
    return std::abs(r) + bound >= top && std::signbit(x) == std::signbit(r) &&
           std::abs(x) >= top - bound;
}

Comparison compare(const HostTensor& output, const ReferenceRows& reference,
                   const ErrorBound& bound) {
    const DType dtype = output.spec.dtype;
    Comparison result;
    ErrorMeter meter;
    for_each_element(output, reference,
                     [&](Position position, double x, double r, double magnitude) {
                         ++result.compared;
                         if (measurable(x, r, dtype)) meter.add(x, r, magnitude);
                         const double allowed = bound.at(magnitude);
                         if (agrees(x, r, allowed, dtype)) return;
                         ++result.wrong;
                         if (!result.first)
                             result.first = Mismatch{position, r, x, std::abs(x - r) / allowed};
                     });
    result.error = meter.pair();
    return result;
}

ErrorPair error_against(const HostTensor& output, const ReferenceRows& reference) {
    ErrorMeter meter;
    for_each_element(output, reference, [&](Position, double x, double r, double magnitude) {
        if (measurable(x, r, output.spec.dtype)) meter.add(x, r, magnitude);
    });
    return meter.pair();
}

ErrorPair error_between(const ReferenceRows& values, const ReferenceRows& reference, DType dtype) {
    ErrorMeter meter;
    for (std::size_t i = 0; i < reference.values.size(); ++i)
        if (measurable(values.values[i], reference.values[i], dtype))
            meter.add(values.values[i], reference.values[i], reference.magnitudes[i]);
    return meter.pair();
}

std::string element_name(const ArgSpec& spec, Position position) {
    std::string index = std::to_string(position.column);
    std::int64_t row = position.row;
    for (int axis = spec.rank - 2, shown = 1; axis >= 0; --axis, ++shown) {
        const std::int64_t extent = spec.shape[static_cast<std::size_t>(axis)];
        if (shown >= 2 && row < extent && extent == 1) break;
        index = fmt::format("{},{}", row % extent, index);
        row /= extent;
    }
    return fmt::format("{}[{}]", spec.name, index);
}

} // namespace hone
