#include "ops/small_float.hpp"

namespace hone::emu {

double value_of(Format format, u32 bits) noexcept {
    const u32 magnitude = bits & format.magnitude_mask();
    const bool negative = bits >> (format.exponent + format.mantissa) & 1;
    const double sign = negative ? -1 : 1;
    if (format.has_infinity && magnitude >= format.infinity())
        return magnitude == format.infinity() ? sign * std::numeric_limits<double>::infinity()
                                              : std::numeric_limits<double>::quiet_NaN();
    if (!format.has_infinity && magnitude == format.nan())
        return std::numeric_limits<double>::quiet_NaN();
    const int exponent = static_cast<int>(magnitude >> format.mantissa);
    const u32 fraction = magnitude & ((1u << format.mantissa) - 1);
    if (exponent == 0) return sign * std::ldexp(fraction, 1 - format.bias() - format.mantissa);
    return sign *
           std::ldexp(fraction | 1u << format.mantissa, exponent - format.bias() - format.mantissa);
}

u32 round_to(Format format, double value, Rounding rounding, bool saturate) noexcept {
    const auto bits = std::bit_cast<u64>(value);
    const bool negative = bits >> 63;
    const u32 sign = negative ? 1u << (format.exponent + format.mantissa) : 0;
    if (std::isnan(value)) return format.nan();
    const double magnitude = std::fabs(value);
    const u32 overflow = saturate || !format.has_infinity ? format.largest() : format.infinity();
    if (std::isinf(magnitude))
        return sign | (format.has_infinity && !saturate ? format.infinity()
                       : saturate                       ? format.largest()
                                                        : format.nan());
    if (magnitude == 0) return sign;

    // In units of the last place kept: a whole part and what is cut off.
    const int least = 1 - format.bias();
    int exponent = std::ilogb(magnitude);
    if (exponent < least) exponent = least;
    const double scaled = std::ldexp(magnitude, format.mantissa - exponent); // exact
    auto whole = static_cast<u64>(scaled);
    const double rest = scaled - static_cast<double>(whole);
    bool up = false;
    switch (rounding) {
    case Rounding::nearest:
        up = rest > 0.5 || (rest == 0.5 && (whole & 1));
        break;
    case Rounding::away:
        up = rest >= 0.5;
        break; // ties away from zero
    case Rounding::zero:
        break;
    case Rounding::down:
        up = negative && rest > 0;
        break;
    case Rounding::up:
        up = !negative && rest > 0;
        break;
    }
    whole += up;
    // A carry out of the mantissa moves into the exponent by itself.
    const u64 hidden = u64{1} << format.mantissa;
    const u64 made =
        whole < hidden
            ? whole
            : whole - hidden + (static_cast<u64>(exponent + format.bias()) << format.mantissa);
    if (made > format.largest()) {
        const bool towards_zero = rounding == Rounding::zero ||
                                  (rounding == Rounding::down && !negative) ||
                                  (rounding == Rounding::up && negative);
        if (!format.has_infinity && !saturate) return sign | format.nan();
        return sign | (towards_zero ? format.largest() : overflow);
    }
    return sign | static_cast<u32>(made);
}

} // namespace hone::emu
