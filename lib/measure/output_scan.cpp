#include "lib/measure/output_scan.hpp"

#include "lib/op/tensor.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace hone {

namespace {

// Of a floating format the codes above `top`, signs aside, are NaN.
template <typename Stored>
std::optional<Position> first_above(const HostTensor& output, Stored top) {
    constexpr auto magnitude = static_cast<Stored>(std::numeric_limits<Stored>::max() >> 1);
    const std::int64_t rows = row_count(output.spec);
    for (std::int64_t number = 0; number < rows; ++number) {
        const Row row = row_of(output.spec, number);
        const auto* const data = static_cast<const Stored*>(output.data) + row.offset;
        const auto code = [data, stride = row.stride](std::int64_t column) {
            Stored value;
            std::memcpy(&value, data + column * stride, sizeof(Stored));
            return static_cast<Stored>(value & magnitude);
        };
        Stored largest = 0; // no branch in the loop over good elements
        for (std::int64_t column = 0; column < row.length; ++column)
            largest = std::max(largest, code(column));
        if (largest <= top) continue;
        std::int64_t column = 0;
        while (code(column) <= top) ++column;
        return Position{number, column};
    }
    return std::nullopt;
}

} // namespace

std::optional<Position> first_nan(const HostTensor& output) {
    switch (output.spec.dtype) {
    case DType::f64:
        return first_above<std::uint64_t>(output, 0x7ff0'0000'0000'0000);
    case DType::f32:
    case DType::tf32:
        return first_above<std::uint32_t>(output, 0x7f80'0000);
    case DType::f16:
        return first_above<std::uint16_t>(output, 0x7c00);
    case DType::bf16:
        return first_above<std::uint16_t>(output, 0x7f80);
    case DType::e4m3:
        return first_above<std::uint8_t>(output, 0x7e);
    case DType::e5m2:
        return first_above<std::uint8_t>(output, 0x7c);
    case DType::none:
    case DType::s64:
    case DType::s32:
    case DType::s8:
    case DType::u8:
    case DType::s4:
        return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Position> first_stray(const HostTensor& output, const HostTensor& before) {
    const ArgSpec& spec = output.spec;
    const std::int64_t element = bits(spec.dtype) / 8;
    // Elements of rows that interleave, or that share bytes, have no padding of their own.
    if (spec.rank < 2 || element == 0 || spec.strides[static_cast<std::size_t>(spec.rank - 1)] != 1)
        return std::nullopt;

    const auto* const data = static_cast<const std::byte*>(output.data);
    const auto* const old = static_cast<const std::byte*>(before.data);
    const std::int64_t rows = row_count(spec);
    for (std::int64_t number = 0; number + 1 < rows; ++number) {
        const Row row = row_of(spec, number), next = row_of(spec, number + 1);
        const std::int64_t begin = (row.offset + row.length) * element, end = next.offset * element;
        for (std::int64_t at = begin; at < end; ++at)
            if (data[at] != (old ? old[at] : output_poison))
                return Position{number, row.length + (at - begin) / element};
    }
    return std::nullopt;
}

} // namespace hone
