// Conversions between double and the small floating-point formats, exact and with every rounding.
#pragma once

#include "exec/lanes.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace hone::emu {

// A format of 1 sign bit, `exponent` and `mantissa` bits.
struct Format {
    int exponent, mantissa;
    bool has_infinity; // e4m3 has none: its top exponent holds numbers, all ones are NaN
    [[nodiscard]] constexpr int bias() const { return (1 << (exponent - 1)) - 1; }
    [[nodiscard]] constexpr u32 magnitude_mask() const { return (1u << (exponent + mantissa)) - 1; }
    [[nodiscard]] constexpr u32 infinity() const { return ((1u << exponent) - 1) << mantissa; }
    [[nodiscard]] constexpr u32 nan() const { return magnitude_mask(); }
    [[nodiscard]] constexpr u32 largest() const {
        return has_infinity ? infinity() - 1 : magnitude_mask() - 1;
    }
};
inline constexpr Format f16_format{5, 10, true}, bf16_format{8, 7, true}, f32_format{8, 23, true},
    tf32_format{8, 10, true}, e4m3_format{4, 3, false}, e5m2_format{5, 2, true};

// Rounds to the format; its bits, tf32 as the high 19 bits of a float shifted down. Overflow: to
// infinity, or to the largest number where the rounding says so or `saturate` does.
[[nodiscard]] u32 round_to(Format format, double value, Rounding rounding, bool saturate) noexcept;
[[nodiscard]] double value_of(Format format, u32 bits) noexcept;

// The sum rounded to odd: rounding it again to at most 51 bits rounds the exact sum once.
[[nodiscard]] inline double odd_sum(double a, double b) noexcept {
    const double sum = a + b;
    if (!std::isfinite(sum)) return sum;
    const double of_b = sum - a;
    const double error = (a - (sum - of_b)) + (b - of_b);
    auto bits = std::bit_cast<u64>(sum);
    if (error == 0 || (bits & 1)) return sum;
    bits += (error > 0) == (sum > 0) ? 1 : -1;
    return std::bit_cast<double>(bits);
}

[[nodiscard]] inline float bf16_value(u16 bits) noexcept {
    return std::bit_cast<float>(static_cast<u32>(bits) << 16);
}
[[nodiscard]] inline float f16_value(u16 bits) noexcept {
    const u32 sign = (bits & 0x8000u) << 16, magnitude = bits & 0x7FFFu;
    if (magnitude >= 0x7C00) return std::bit_cast<float>(sign | 0x7F800000u | magnitude << 13);
    // Scaling by 2^112 moves the bias and makes numbers of denormals.
    const float scaled = std::bit_cast<float>(magnitude << 13) * 0x1p112f;
    return std::bit_cast<float>(std::bit_cast<u32>(scaled) | sign);
}

[[nodiscard]] HONE_EMU_INLINE u16 bf16_nearest(float value) noexcept {
    const u32 bits = std::bit_cast<u32>(value);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) return 0x7FFF;
    return static_cast<u16>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
[[nodiscard]] HONE_EMU_INLINE u16 f16_nearest(float value) noexcept {
    const u32 bits = std::bit_cast<u32>(value), sign = bits >> 16 & 0x8000;
    const u32 magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) return 0x7FFF;
    if (magnitude >= 0x477FF000) return static_cast<u16>(sign | 0x7C00); // rounds to infinity
    if (magnitude < 0x38800000) // denormal: adding 0.5 rounds to multiples of 2^-24
        return static_cast<u16>(
            sign | (std::bit_cast<u32>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000));
    return static_cast<u16>(sign |
                            ((magnitude - 0x38000000 + 0xFFF + (magnitude >> 13 & 1)) >> 13));
}

} // namespace hone::emu
