// Filling in ReferenceRows.
#pragma once

#include "hone/operation.hpp"
#include "lib/op/convert.hpp"

#include <algorithm>
#include <numeric>

namespace hone {

// Empty rows of the right size. Throws Error(internal) when the selection is not increasing or
// leaves the output.
[[nodiscard]] ReferenceRows select_rows(const RowSelection& selection, std::int64_t row_count,
                                        std::int64_t row_length);

// Row number `index` of the selection.
template <typename Real>
void set_row(ReferenceRows& result, std::size_t index, const Real* values, const Real* magnitudes) {
    const auto length = static_cast<std::size_t>(result.row_length);
    std::copy_n(values, length,
                result.values.begin() + static_cast<std::ptrdiff_t>(index * length));
    std::copy_n(magnitudes, length,
                result.magnitudes.begin() + static_cast<std::ptrdiff_t>(index * length));
}

// The plain algorithm's one rounding to the output's dtype. An fp64 reference is only kept inside
// the range of a dtype that saturates, since that is part of what the operation computes.
void finish_rows(ReferenceRows& result, DType dtype, Operation::Arithmetic arithmetic);

} // namespace hone
