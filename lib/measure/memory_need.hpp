// Memory that checking and timing a problem takes.
#pragma once

#include "hone/operation.hpp"

#include <optional>
#include <string>

namespace hone {

// Why the operands of a problem do not fit into the memory that is free here, in one line; nothing
// when they do, or when the free memory is not known. To be asked before a Measurer is made: memory
// is promised to anyone and taken back by killing processes. Throws Error(workload) when the bytes
// cannot be counted.
[[nodiscard]] std::optional<std::string> too_large(const Operation& operation,
                                                   const Problem& problem);

} // namespace hone
