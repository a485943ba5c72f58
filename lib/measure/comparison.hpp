// Compares rows of one output with their reference.
#pragma once

#include "lib/measure/error_bound.hpp"
#include "lib/measure/error_meter.hpp"
#include "lib/measure/output_scan.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace hone {

struct Mismatch {
    Position position;
    double expected = 0, got = 0;
    double excess = 0; // |got - expected| in units of the bound; infinite where the bound is 0
};

struct Comparison {
    std::optional<Mismatch> first; // in order of rows and columns
    std::int64_t compared = 0, wrong = 0;
    ErrorPair error; // of elements that are in range
};

// Whether x may stand for r within `bound`. Values beyond what `dtype` can hold may have become its
// largest value or infinity.
[[nodiscard]] bool agrees(double x, double r, double bound, DType dtype) noexcept;

[[nodiscard]] Comparison compare(const HostTensor& output, const ReferenceRows& reference,
                                 const ErrorBound& bound);
// Only the error, against another reference of the same rows.
[[nodiscard]] ErrorPair error_against(const HostTensor& output, const ReferenceRows& reference);
// Of rows of values against rows of references; both of the same shape.
[[nodiscard]] ErrorPair error_between(const ReferenceRows& values, const ReferenceRows& reference,
                                      DType dtype);

// "d[12,7]"; leading dimensions of extent 1 are left out while two remain.
[[nodiscard]] std::string element_name(const ArgSpec& spec, Position position);

} // namespace hone
