// Sizes that stop at the largest value instead of overflowing, so that an absurd problem fails a
// limit check and never wraps around to a small one.
#pragma once

#include <cstdint>
#include <limits>

namespace hone {

// Of values that are not negative.
[[nodiscard]] constexpr std::int64_t saturating_multiply(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) return std::numeric_limits<std::int64_t>::max();
    return product;
}

[[nodiscard]] constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) return std::numeric_limits<std::int64_t>::max();
    return sum;
}

// ceil(value / divisor) of a positive divisor.
[[nodiscard]] constexpr std::int64_t ceil_divide(std::int64_t value,
                                                 std::int64_t divisor) noexcept {
    return value / divisor + (value % divisor > 0 ? 1 : 0);
}

} // namespace hone
