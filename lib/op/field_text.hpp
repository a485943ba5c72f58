// Values of a problem's fields as text.
#pragma once

#include "hone/problem.hpp"

#include <string>

namespace hone {

// As it stands in the canonical text. Throws Error(internal) when the slot holds no value of the
// field's kind.
[[nodiscard]] std::string field_text(const Field& field, const Problem& problem);

// What field_text gives when the field has its default in `problem`; empty when it has none.
[[nodiscard]] std::string default_text(const Schema& schema, const Field& field,
                                       const Problem& problem);

} // namespace hone
