// Reads values into a problem's fields: the inverse of field_text.
#pragma once

#include "hone/problem.hpp"
#include "lib/op/written.hpp"

#include <optional>

namespace hone {

// Sets the field's slot, or leaves the problem as it is and says what is wrong.
[[nodiscard]] std::optional<Complaint> parse_field(const Field& field, const Written& value,
                                                   Problem& problem);

} // namespace hone
