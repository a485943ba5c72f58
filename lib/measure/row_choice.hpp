// Which rows of an output are compared with the reference, when all would cost too much.
#pragma once

#include "hone/operation.hpp"

#include <cstdint>

namespace hone {

// Rows 0 to rows - 1, `period` of them to a matrix of a batch. Up to `wanted` of them, all when
// there are no more: the first and the last, half of the rest beside multiples of powers of two
// (where tiles of every size end) and before the end of a matrix (where ragged ones begin), the
// other half drawn one from each of equal strata, so that no tile that is large enough stays
// unseen. Another seed gives other rows. Empty (every row) when all are chosen.
[[nodiscard]] RowSelection choose_rows(std::int64_t rows, std::int64_t period, std::int64_t wanted,
                                       std::uint64_t seed);

// How many rows `choose_rows` shall choose so that one reference costs about 2^26 multiply-adds and
// one comparison 2^18 elements, each a few milliseconds; 16 at least.
[[nodiscard]] std::int64_t affordable_rows(const Work& work, std::int64_t rows,
                                           std::int64_t row_length) noexcept;

} // namespace hone
