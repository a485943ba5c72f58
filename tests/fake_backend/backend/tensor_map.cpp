#include "tensor_map.hpp"

#include <limits>

namespace fake {
namespace {

bool floating(hone::DType dtype) {
    using hone::DType;
    return dtype == DType::f64 || dtype == DType::f32 || dtype == DType::tf32 ||
           dtype == DType::f16 || dtype == DType::bf16;
}

// Bytes of an element, 0 for a type that maps cannot hold.
std::int64_t element_bytes(hone::DType dtype) { return hone::bits(dtype) / 8; }

// What holds of the map alone.
std::string broken_rule(const hone::TensorMap& map) {
    if (map.rank < 1 || map.rank > hone::max_rank) return "rank is 1 to 5";
    const std::int64_t element = element_bytes(map.dtype);
    if (element == 0) return "elements are whole bytes";
    for (std::size_t d = 0; d < static_cast<std::size_t>(map.rank); ++d) {
        if (map.box[d] < 1 || map.box[d] > 256) return "a box has 1 to 256 elements per dimension";
        if (map.element_strides[d] < 1 || map.element_strides[d] > 8)
            return "element strides are 1 to 8";
    }
    const std::int64_t row = map.box[0] * element;
    if (row % 16 != 0) return "a row of the box is a multiple of 16 bytes";
    const int swizzle = map.swizzle_bytes;
    if (swizzle != 0 && swizzle != 32 && swizzle != 64 && swizzle != 128)
        return "swizzle is 0, 32, 64 or 128 bytes";
    if (swizzle != 0 && row > swizzle) return "a row of the box is no longer than the swizzle";
    const int promotion = map.l2_promotion_bytes;
    if (promotion != 0 && promotion != 64 && promotion != 128 && promotion != 256)
        return "L2 promotion is 0, 64, 128 or 256 bytes";
    if (map.fill_nan && !floating(map.dtype)) return "only floating types are filled with NaN";
    return {};
}

} // namespace

std::string bind_map(const hone::TensorMap& map, const hone::Tensor& operand, BoundMap& out) {
    if (std::string broken = broken_rule(map); !broken.empty()) return broken;
    const auto rank = static_cast<std::size_t>(map.rank);
    out.address = reinterpret_cast<std::uint64_t>(operand.data) +
                  static_cast<std::uint64_t>(map.offset_bytes);
    out.rank = map.rank;
    out.dtype = map.dtype;
    out.fill_nan = map.fill_nan;
    out.strides_bytes[0] = element_bytes(map.dtype);
    for (std::size_t d = 0; d < rank; ++d) {
        const std::size_t axis = rank - 1 - d;
        out.sizes[d] = map.sizes[d] != 0 ? map.sizes[d] : operand.shape[axis];
        if (d == 0) continue;
        out.strides_bytes[d] = map.strides_bytes[d] != 0
                                   ? map.strides_bytes[d]
                                   : operand.strides[axis] * element_bytes(map.dtype);
    }

    if (out.address % 16 != 0) return "the address is a multiple of 16";
    for (std::size_t d = 0; d < rank; ++d) {
        if (out.sizes[d] < 1 || out.sizes[d] > std::int64_t{1} << 32)
            return "sizes are 1 to 2^32; the operand's shape must be given";
        if (d == 0) continue;
        if (out.strides_bytes[d] <= 0 || out.strides_bytes[d] % 16 != 0)
            return "strides are multiples of 16 bytes";
        if (out.strides_bytes[d] >= std::int64_t{1} << 40) return "strides are below 2^40 bytes";
    }
    return {};
}

float BoundMap::load(const DeviceMemory::Reach& reach,
                     std::span<const std::int64_t> coordinates) const {
    std::int64_t offset = 0;
    for (std::size_t d = 0; d < static_cast<std::size_t>(rank); ++d) {
        if (coordinates[d] < 0 || coordinates[d] >= sizes[d])
            return fill_nan ? std::numeric_limits<float>::quiet_NaN() : 0.0f;
        offset += coordinates[d] * strides_bytes[d];
    }
    const auto bytes = static_cast<std::size_t>(strides_bytes[0]);
    const std::byte* element = reach.at(address + static_cast<std::uint64_t>(offset), bytes);
    return static_cast<float>(hone::to_double(dtype, element, 0));
}

} // namespace fake
