// Counts what this program allocates.
#pragma once

#include <cstdint>

namespace hone::test {

// False under a sanitizer, which needs operator new for itself: nothing is counted then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool allocations_are_counted = false;
#else
inline constexpr bool allocations_are_counted = true;
#endif

// Calls of operator new by the calling thread since it began.
[[nodiscard]] std::uint64_t allocations() noexcept;

} // namespace hone::test
