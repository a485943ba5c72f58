// Looks at every byte of an output, whatever rows are compared: elements that are not numbers or
// were never written, and writes between rows.
#pragma once

#include "hone/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace hone {

// What outputs are filled with before a check: a NaN in every floating type.
inline constexpr std::byte output_poison{0xff};

// An element by row and column; columns at or past the row length lie in the padding behind it.
struct Position {
    std::int64_t row = 0, column = 0;
};

// The first NaN in row order; nothing for integer types.
[[nodiscard]] std::optional<Position> first_nan(const HostTensor& output);

// The first element of the padding between rows that is no longer what it was before: poison, or
// for an inout tensor what `before` holds (null data: an output).
[[nodiscard]] std::optional<Position> first_stray(const HostTensor& output,
                                                  const HostTensor& before);

} // namespace hone
