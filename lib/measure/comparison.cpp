#include "lib/measure/comparison.hpp"

#include "lib/op/convert.hpp"
#include "lib/op/tensor.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <vector>

namespace hone {

namespace {

// What a run of elements is compared with. Errors of saturated values say nothing about arithmetic.
struct Range {
    double largest;
    [[nodiscard]] bool measurable(double x, double r) const {
        return std::abs(r) <= largest && std::isfinite(x);
    }
};

// Calls visit(row, first element of the reference's row, values of the output's row).
template <typename Visit>
void for_each_row(const HostTensor& output, const ReferenceRows& reference, Visit visit) {
    std::vector<double> values;
    std::size_t first = 0;
    for (const std::int64_t number : reference.rows) {
        const Row row = row_of(output.spec, number);
        values.resize(static_cast<std::size_t>(row.length));
        load_run(output.spec.dtype, output.data, row.offset, row.stride, row.length, values.data());
        visit(number, first, values);
        first += values.size();
    }
}

void add_row(ErrorMeter& meter, Range range, const std::vector<double>& values,
             const ReferenceRows& reference, std::size_t first) {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (range.measurable(values[i], reference.values[first + i]))
            meter.add(values[i], reference.values[first + i], reference.magnitudes[first + i]);
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
    const Range range{largest(dtype)};
    Comparison result;
    ErrorMeter meter;
    for_each_row(output, reference,
                 [&](std::int64_t row, std::size_t first, const std::vector<double>& values) {
                     result.compared += static_cast<std::int64_t>(values.size());
                     add_row(meter, range, values, reference, first);
                     for (std::size_t i = 0; i < values.size(); ++i) {
                         const double x = values[i], r = reference.values[first + i];
                         const double allowed = bound.at(reference.magnitudes[first + i]);
                         if (std::abs(x - r) <= allowed || agrees(x, r, allowed, dtype)) continue;
                         ++result.wrong;
                         if (result.first) continue;
                         result.first = Mismatch{
                             {row, static_cast<std::int64_t>(i)}, r, x, std::abs(x - r) / allowed};
                     }
                 });
    result.error = meter.pair();
    return result;
}

ErrorPair error_against(const HostTensor& output, const ReferenceRows& reference) {
    const Range range{largest(output.spec.dtype)};
    ErrorMeter meter;
    for_each_row(output, reference,
                 [&](std::int64_t, std::size_t first, const std::vector<double>& values) {
                     add_row(meter, range, values, reference, first);
                 });
    return meter.pair();
}

ErrorPair error_between(const ReferenceRows& values, const ReferenceRows& reference, DType dtype) {
    ErrorMeter meter;
    add_row(meter, Range{largest(dtype)}, values.values, reference, 0);
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
