// Counts what this program allocates.
#pragma once

#include <cstdint>

namespace hone::test {

// False under a sanitizer, which needs operator new for itself: nothing is counted then.
// GCC tells by a macro, Clang by a feature.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HONE_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HONE_TEST_SANITIZED 1
#endif
#endif
#if defined(HONE_TEST_SANITIZED)
inline constexpr bool allocations_are_counted = false;
#else
inline constexpr bool allocations_are_counted = true;
#endif

// Calls of operator new by the calling thread since it began.
[[nodiscard]] std::uint64_t allocations() noexcept;

} // namespace hone::test
