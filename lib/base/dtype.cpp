#include "hone/dtype.hpp"

#include "lib/base/saturating.hpp"
#include "lib/base/small_float.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace hone {

namespace {

constexpr std::array<std::string_view, dtype_count> dtype_names = {
    "none", "f64", "f32", "tf32", "f16", "bf16", "e4m3", "e5m2", "s64", "s32", "s8", "u8", "s4",
};

constexpr int tf32_unused_bits = 13; // low bits of its 32-bit storage

template <typename Stored> Stored load(const void* data, std::int64_t index) noexcept {
    Stored value;
    std::memcpy(&value, static_cast<const char*>(data) + index * std::int64_t{sizeof(Stored)},
                sizeof(Stored));
    return value;
}

template <typename Stored> void store(void* data, std::int64_t index, Stored value) noexcept {
    std::memcpy(static_cast<char*>(data) + index * std::int64_t{sizeof(Stored)}, &value,
                sizeof(Stored));
}

// Nearest integer in [low, high], ties to even in every rounding mode; NaN becomes 0. `high` + 1
// must be a double.
std::int64_t to_integer(double value, std::int64_t low, std::int64_t high) noexcept {
    if (std::isnan(value)) return 0;
    if (value <= static_cast<double>(low)) return low;
    const double below = std::floor(value);
    const double rest = value - below;
    const bool up = rest > 0.5 || (rest == 0.5 && std::fmod(below, 2) != 0);
    const double rounded = below + (up ? 1 : 0);
    // As a double the largest s64 is 2^63, which is out of range already.
    if (rounded >= static_cast<double>(high)) return high;
    return static_cast<std::int64_t>(rounded);
}

template <typename Stored>
void store_integer(void* data, std::int64_t index, double value) noexcept {
    using Limits = std::numeric_limits<Stored>;
    store(data, index, static_cast<Stored>(to_integer(value, Limits::min(), Limits::max())));
}

int nibble_shift(std::int64_t index) noexcept { return index % 2 == 0 ? 0 : 4; }

} // namespace

std::string_view to_string(DType dtype) noexcept {
    const auto i = static_cast<std::size_t>(dtype);
    return i < dtype_names.size() ? dtype_names[i] : "unknown dtype";
}

std::optional<DType> parse_dtype(std::string_view text) noexcept {
    const auto found = std::find(dtype_names.begin(), dtype_names.end(), text);
    if (found == dtype_names.end()) return std::nullopt;
    return static_cast<DType>(found - dtype_names.begin());
}

int bits(DType dtype) noexcept {
    switch (dtype) {
    case DType::none:
        return 0;
    case DType::s4:
        return 4;
    case DType::e4m3:
    case DType::e5m2:
    case DType::s8:
    case DType::u8:
        return 8;
    case DType::f16:
    case DType::bf16:
        return 16;
    case DType::f32:
    case DType::tf32:
    case DType::s32:
        return 32;
    case DType::f64:
    case DType::s64:
        return 64;
    }
    return 0;
}

std::int64_t bytes(DType dtype, std::int64_t count) noexcept {
    if (dtype == DType::s4) return ceil_divide(count, 2);
    return saturating_multiply(count, bits(dtype) / 8);
}

double unit_roundoff(DType dtype) noexcept {
    switch (dtype) {
    case DType::f64:
        return 0x1p-53;
    case DType::f32:
        return 0x1p-24;
    case DType::tf32:
    case DType::f16:
        return 0x1p-11;
    case DType::bf16:
        return 0x1p-8;
    case DType::e4m3:
        return 0x1p-4;
    case DType::e5m2:
        return 0x1p-3;
    case DType::none:
    case DType::s64:
    case DType::s32:
    case DType::s8:
    case DType::u8:
    case DType::s4:
        return 0;
    }
    return 0;
}

double to_double(DType dtype, const void* data, std::int64_t index) noexcept {
    switch (dtype) {
    case DType::none:
        return 0;
    case DType::f64:
        return load<double>(data, index);
    case DType::f32:
        return load<float>(data, index);
    case DType::tf32:
        return decode(tf32_format, load<std::uint32_t>(data, index) >> tf32_unused_bits);
    case DType::f16:
        return decode(f16_format, load<std::uint16_t>(data, index));
    case DType::bf16:
        return decode(bf16_format, load<std::uint16_t>(data, index));
    case DType::e4m3:
        return decode(e4m3_format, load<std::uint8_t>(data, index));
    case DType::e5m2:
        return decode(e5m2_format, load<std::uint8_t>(data, index));
    case DType::s64:
        return static_cast<double>(load<std::int64_t>(data, index));
    case DType::s32:
        return load<std::int32_t>(data, index);
    case DType::s8:
        return load<std::int8_t>(data, index);
    case DType::u8:
        return load<std::uint8_t>(data, index);
    case DType::s4: {
        const int nibble = load<std::uint8_t>(data, index / 2) >> nibble_shift(index) & 0xf;
        return nibble < 8 ? nibble : nibble - 16;
    }
    }
    return 0;
}

void from_double(DType dtype, void* data, std::int64_t index, double value) noexcept {
    switch (dtype) {
    case DType::none:
        return;
    case DType::f64:
        return store(data, index, value);
    case DType::f32:
        return store(data, index, static_cast<float>(value));
    case DType::tf32:
        return store(data, index, encode(tf32_format, value) << tf32_unused_bits);
    case DType::f16:
        return store(data, index, static_cast<std::uint16_t>(encode(f16_format, value)));
    case DType::bf16:
        return store(data, index, static_cast<std::uint16_t>(encode(bf16_format, value)));
    case DType::e4m3:
        return store(data, index, static_cast<std::uint8_t>(encode(e4m3_format, value)));
    case DType::e5m2:
        return store(data, index, static_cast<std::uint8_t>(encode(e5m2_format, value)));
    case DType::s64:
        return store_integer<std::int64_t>(data, index, value);
    case DType::s32:
        return store_integer<std::int32_t>(data, index, value);
    case DType::s8:
        return store_integer<std::int8_t>(data, index, value);
    case DType::u8:
        return store_integer<std::uint8_t>(data, index, value);
    case DType::s4: {
        const int shift = nibble_shift(index);
        const int kept = load<std::uint8_t>(data, index / 2) & ~(0xf << shift);
        const auto nibble = static_cast<int>(to_integer(value, -8, 7)) & 0xf;
        return store(data, index / 2, static_cast<std::uint8_t>(kept | nibble << shift));
    }
    }
}

} // namespace hone
