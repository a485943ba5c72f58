// Rows of op(A) op(B) on the host: blocked, so that each panel of B is read from cache, and exact
// in the order of its sums.
#pragma once

#include "lib/op/matrix_view.hpp"

#include <functional>
#include <span>
#include <vector>

namespace hone {

// A part of op(B) as the product uses it: `depth` elements of each of `columns` columns from
// (row, column), element (p, j) at out[p * stride + j]. Lets quantised operands be scaled as they
// are read.
template <typename Real>
using PanelReader = std::function<void(std::int64_t row, std::int64_t depth, std::int64_t column,
                                       std::int64_t columns, std::int64_t stride, Real* out)>;

// Reads a plain matrix along whichever of its strides is 1.
template <typename Real> [[nodiscard]] PanelReader<Real> panels_of(const MatrixView& b);

enum class Summation : std::uint8_t { simple, twice }; // twice: about double the precision

template <typename Real> struct RowSums {
    std::vector<Real> values;     // count x n
    std::vector<Real> magnitudes; // |op(A)| |op(B)|, same shape
};

// Sums of `count` rows of op(A), given one after the other, over k = a.size() / count terms.
// O(count n k); a row and a column cost a few hundred picoseconds per term.
template <typename Real>
[[nodiscard]] RowSums<Real> row_sums(std::span<const Real> a, std::size_t count, std::int64_t n,
                                     const PanelReader<Real>& read_b, Summation summation);

} // namespace hone
