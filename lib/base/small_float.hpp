// Floating formats below binary32: exact decoding to double and encoding by one rounding.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace hone {

struct SmallFloat {
    enum class Top : std::uint8_t {
        ieee,     // all-ones exponents are infinity and NaN, overflow becomes infinity
        saturate, // the same codes, but overflow and infinity become the largest finite value
        fn,       // OCP "fn": only the all-ones code is NaN, overflow becomes the largest value
    };
    int exponent_bits;
    int mantissa_bits; // without the implicit one
    Top top;

    [[nodiscard]] constexpr int bias() const noexcept { return (1 << (exponent_bits - 1)) - 1; }
    [[nodiscard]] constexpr int sign_shift() const noexcept {
        return exponent_bits + mantissa_bits;
    }
    // Codes without the sign.
    [[nodiscard]] constexpr std::uint32_t infinity() const noexcept {
        return ((1U << exponent_bits) - 1) << mantissa_bits;
    }
    [[nodiscard]] constexpr std::uint32_t largest() const noexcept {
        return top == Top::fn ? (1U << sign_shift()) - 2 : infinity() - 1;
    }
    [[nodiscard]] constexpr std::uint32_t nan() const noexcept {
        return top == Top::fn ? (1U << sign_shift()) - 1 : infinity() | (1U << (mantissa_bits - 1));
    }
};

inline constexpr SmallFloat tf32_format{8, 10, SmallFloat::Top::ieee};
inline constexpr SmallFloat f16_format{5, 10, SmallFloat::Top::ieee};
inline constexpr SmallFloat bf16_format{8, 7, SmallFloat::Top::ieee};
inline constexpr SmallFloat e4m3_format{4, 3, SmallFloat::Top::fn};
inline constexpr SmallFloat e5m2_format{5, 2, SmallFloat::Top::saturate};

// `code` has no bits above the sign.
[[nodiscard]] inline double decode(SmallFloat format, std::uint32_t code) noexcept {
    const int m = format.mantissa_bits;
    const std::uint32_t magnitude = code & ((1U << format.sign_shift()) - 1);
    const double sign = magnitude == code ? 1.0 : -1.0;
    if (magnitude > format.largest()) {
        const bool is_infinity =
            format.top != SmallFloat::Top::fn && magnitude == format.infinity();
        return sign * (is_infinity ? std::numeric_limits<double>::infinity()
                                   : std::numeric_limits<double>::quiet_NaN());
    }
    const std::uint32_t exponent = magnitude >> m;
    if (exponent == 0) return sign * std::ldexp(magnitude, 1 - format.bias() - m);
    const auto double_exponent = static_cast<std::uint64_t>(1023 - format.bias()) + exponent;
    const std::uint64_t mantissa = magnitude & ((1U << m) - 1);
    return sign * std::bit_cast<double>(double_exponent << 52 | mantissa << (52 - m));
}

// Rounds to nearest, ties to even, whatever the thread's rounding mode is.
[[nodiscard]] inline std::uint32_t encode(SmallFloat format, double value) noexcept {
    const int m = format.mantissa_bits;
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto sign = static_cast<std::uint32_t>(bits >> 63) << format.sign_shift();
    if (std::isnan(value)) return sign | format.nan();
    const std::uint32_t overflow =
        format.top == SmallFloat::Top::ieee ? format.infinity() : format.largest();
    if (std::isinf(value)) return sign | overflow;

    const auto double_exponent = static_cast<int>(bits >> 52 & 0x7ff);
    const std::uint64_t one = std::uint64_t{1} << 52;
    const std::uint64_t significand = one | (bits & (one - 1));
    const int exponent = double_exponent - 1023 + format.bias(); // biased for this format
    const int shift = 52 - m + (exponent < 1 ? 1 - exponent : 0);
    // Doubles too small to be normal are below this limit, too.
    if (shift > 53) return sign;
    const std::uint64_t odd = significand >> shift & 1;
    const std::uint64_t rounded =
        (significand + (std::uint64_t{1} << (shift - 1)) - 1 + odd) >> shift;
    // Adding, not or-ing: a carry out of the mantissa is the next exponent.
    const auto base = static_cast<std::uint64_t>(exponent < 1 ? 0 : exponent - 1) << m;
    const std::uint64_t code = base + rounded;
    return sign | (code > format.largest() ? overflow : static_cast<std::uint32_t>(code));
}

} // namespace hone
