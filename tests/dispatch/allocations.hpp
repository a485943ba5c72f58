// Counts what this program allocates.
#pragma once

#include <cstdint>

namespace hone::test {

// Calls of operator new by the calling thread since it began.
[[nodiscard]] std::uint64_t allocations() noexcept;

} // namespace hone::test
