#include "lib/op/convert.hpp"

#include "lib/base/small_float.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

namespace hone {

namespace {

template <typename Stored> Stored stored_at(const void* data, std::int64_t index) {
    Stored value;
    std::memcpy(&value, static_cast<const Stored*>(data) + index, sizeof(Stored));
    return value;
}

template <typename Stored, typename Real, typename Decode>
void load_as(const void* data, std::int64_t first, std::int64_t stride, std::int64_t count,
             Real* out, Decode decode_one) {
    if (stride == 1) { // said apart, because only this form is vectorised
        for (std::int64_t i = 0; i < count; ++i) {
            out[i] = static_cast<Real>(decode_one(stored_at<Stored>(data, first + i)));
        }
        return;
    }
    for (std::int64_t i = 0; i < count; ++i) {
        out[i] = static_cast<Real>(decode_one(stored_at<Stored>(data, first + i * stride)));
    }
}

constexpr auto as_it_is = [](auto value) { return value; };

// 8-bit formats have so few values that all are computed once.
const std::array<float, 256>& values_of(DType dtype) {
    const auto all = [](DType type) {
        std::array<float, 256> table{};
        for (int code = 0; code < 256; ++code) {
            const auto byte = static_cast<std::uint8_t>(code);
            table[static_cast<std::size_t>(code)] = static_cast<float>(to_double(type, &byte, 0));
        }
        return table;
    };
    static const std::array<float, 256> e4m3 = all(DType::e4m3);
    static const std::array<float, 256> e5m2 = all(DType::e5m2);
    return dtype == DType::e4m3 ? e4m3 : e5m2;
}

template <typename Stored, typename Encode>
void store_as(void* data, std::int64_t first, std::int64_t stride, std::int64_t count,
              const double* values, Encode encode_one) {
    auto* const out = static_cast<Stored*>(data) + first;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto value = static_cast<Stored>(encode_one(values[i]));
        std::memcpy(out + i * stride, &value, sizeof(value));
    }
}

} // namespace

template <typename Real>
void load_run(DType dtype, const void* data, std::int64_t first, std::int64_t stride,
              std::int64_t count, Real* out) {
    switch (dtype) {
    case DType::f64:
        return load_as<double>(data, first, stride, count, out, as_it_is);
    case DType::f32:
        return load_as<float>(data, first, stride, count, out, as_it_is);
    case DType::tf32:
        return load_as<std::uint32_t>(data, first, stride, count, out, [](std::uint32_t code) {
            constexpr std::uint32_t unused = (1U << 13) - 1;
            return std::bit_cast<float>(code & ~unused);
        });
    case DType::bf16:
        return load_as<std::uint16_t>(data, first, stride, count, out, [](std::uint16_t code) {
            return std::bit_cast<float>(static_cast<std::uint32_t>(code) << 16);
        });
    case DType::f16:
        return load_as<std::uint16_t>(data, first, stride, count, out,
                                      [](std::uint16_t code) { return decode(f16_format, code); });
    case DType::e4m3:
    case DType::e5m2: {
        const float* const table = values_of(dtype).data();
        return load_as<std::uint8_t>(data, first, stride, count, out,
                                     [table](std::uint8_t code) { return table[code]; });
    }
    case DType::s32:
        return load_as<std::int32_t>(data, first, stride, count, out, as_it_is);
    case DType::s8:
        return load_as<std::int8_t>(data, first, stride, count, out, as_it_is);
    case DType::u8:
        return load_as<std::uint8_t>(data, first, stride, count, out, as_it_is);
    case DType::none:
    case DType::s64:
    case DType::s4:
        break;
    }
    for (std::int64_t i = 0; i < count; ++i) {
        out[i] = static_cast<Real>(to_double(dtype, data, first + i * stride));
    }
}

template void load_run(DType, const void*, std::int64_t, std::int64_t, std::int64_t, float*);
template void load_run(DType, const void*, std::int64_t, std::int64_t, std::int64_t, double*);

void store_run(DType dtype, void* data, std::int64_t first, std::int64_t stride, std::int64_t count,
               const double* values) {
    switch (dtype) {
    case DType::f64:
        return store_as<double>(data, first, stride, count, values, as_it_is);
    case DType::f32:
        return store_as<float>(data, first, stride, count, values,
                               [](double value) { return static_cast<float>(value); });
    case DType::f16:
        return store_as<std::uint16_t>(data, first, stride, count, values,
                                       [](double value) { return encode(f16_format, value); });
    case DType::bf16:
        return store_as<std::uint16_t>(data, first, stride, count, values,
                                       [](double value) { return encode(bf16_format, value); });
    case DType::e4m3:
        return store_as<std::uint8_t>(data, first, stride, count, values,
                                      [](double value) { return encode(e4m3_format, value); });
    case DType::e5m2:
        return store_as<std::uint8_t>(data, first, stride, count, values,
                                      [](double value) { return encode(e5m2_format, value); });
    default:
        for (std::int64_t i = 0; i < count; ++i) {
            from_double(dtype, data, first + i * stride, values[i]);
        }
    }
}

void round_run(DType dtype, std::int64_t count, double* values) {
    std::vector<std::byte> stored(static_cast<std::size_t>(bytes(dtype, count)));
    store_run(dtype, stored.data(), 0, 1, count, values);
    load_run(dtype, stored.data(), 0, 1, count, values);
}

double largest(DType dtype) noexcept {
    switch (dtype) {
    case DType::f64:
        return std::numeric_limits<double>::max();
    case DType::f32:
        return std::numeric_limits<float>::max();
    case DType::tf32:
        return decode(tf32_format, tf32_format.largest());
    case DType::f16:
        return decode(f16_format, f16_format.largest());
    case DType::bf16:
        return decode(bf16_format, bf16_format.largest());
    case DType::e4m3:
        return decode(e4m3_format, e4m3_format.largest());
    case DType::e5m2:
        return decode(e5m2_format, e5m2_format.largest());
    case DType::s64:
        return 0x1p63;
    case DType::s32:
        return 0x1p31 - 1;
    case DType::s8:
        return 127;
    case DType::u8:
        return 255;
    case DType::s4:
        return 7;
    case DType::none:
        break;
    }
    return 0;
}

double smallest_spacing(DType dtype) noexcept {
    switch (dtype) {
    case DType::f64:
        return std::numeric_limits<double>::denorm_min();
    case DType::f32:
        return std::numeric_limits<float>::denorm_min();
    case DType::tf32:
        return decode(tf32_format, 1);
    case DType::f16:
        return decode(f16_format, 1);
    case DType::bf16:
        return decode(bf16_format, 1);
    case DType::e4m3:
        return decode(e4m3_format, 1);
    case DType::e5m2:
        return decode(e5m2_format, 1);
    default:
        return 1;
    }
}

bool is_floating(DType dtype) noexcept { return unit_roundoff(dtype) > 0; }

bool saturates(DType dtype) noexcept {
    return dtype == DType::e4m3 || dtype == DType::e5m2 ||
           (dtype != DType::none && !is_floating(dtype));
}

} // namespace hone
