#include "tensor_map.hpp"

namespace hone::cuda {
namespace {

std::optional<api::TensorMapType> type_of(DType dtype) noexcept {
    using api::TensorMapType;
    switch (dtype) {
    case DType::f64:
        return TensorMapType::f64;
    case DType::f32:
        return TensorMapType::f32;
    case DType::tf32:
        return TensorMapType::tf32;
    case DType::f16:
        return TensorMapType::f16;
    case DType::bf16:
        return TensorMapType::bf16;
    case DType::s64:
        return TensorMapType::s64;
    case DType::s32:
        return TensorMapType::s32;
    case DType::e4m3:
    case DType::e5m2:
    case DType::s8:
    case DType::u8:
        return TensorMapType::u8;
    case DType::s4: // two per byte: maps of bytes serve
    case DType::none:
        return std::nullopt;
    }
    return std::nullopt;
}

std::optional<api::TensorMapSwizzle> swizzle_of(int bytes) noexcept {
    switch (bytes) {
    case 0:
        return api::TensorMapSwizzle::none;
    case 32:
        return api::TensorMapSwizzle::bytes_32;
    case 64:
        return api::TensorMapSwizzle::bytes_64;
    case 128:
        return api::TensorMapSwizzle::bytes_128;
    default:
        return std::nullopt;
    }
}

std::optional<api::TensorMapPromotion> promotion_of(int bytes) noexcept {
    switch (bytes) {
    case 0:
        return api::TensorMapPromotion::none;
    case 64:
        return api::TensorMapPromotion::bytes_64;
    case 128:
        return api::TensorMapPromotion::bytes_128;
    case 256:
        return api::TensorMapPromotion::bytes_256;
    default:
        return std::nullopt;
    }
}

} // namespace

std::optional<TensorMapPlan> plan(const TensorMap& map, const Tensor& operand) noexcept {
    const auto type = type_of(map.dtype);
    const auto swizzle = swizzle_of(map.swizzle_bytes);
    const auto promotion = promotion_of(map.l2_promotion_bytes);
    if (!type || !swizzle || !promotion || map.rank < 1 || map.rank > max_rank) return std::nullopt;
    TensorMapPlan plan;
    plan.type = *type;
    plan.swizzle = *swizzle;
    plan.promotion = *promotion;
    plan.fill_nan = map.fill_nan;
    plan.rank = static_cast<std::uint32_t>(map.rank);
    plan.address =
        reinterpret_cast<api::Address>(operand.data) + static_cast<api::Address>(map.offset_bytes);
    const std::int64_t element = bits(map.dtype) / 8;
    for (std::size_t d = 0; d < plan.rank; ++d) {
        const std::size_t axis = plan.rank - 1 - d;
        const std::int64_t size = map.sizes[d] != 0 ? map.sizes[d] : operand.shape[axis];
        const std::int64_t stride =
            map.strides_bytes[d] != 0 ? map.strides_bytes[d] : operand.strides[axis] * element;
        plan.sizes[d] = static_cast<std::uint64_t>(size);
        plan.strides_bytes[d] = static_cast<std::uint64_t>(stride);
        plan.box[d] = static_cast<std::uint32_t>(map.box[d]);
        plan.element_strides[d] = static_cast<std::uint32_t>(map.element_strides[d]);
    }
    return plan;
}

api::Result encode(const Driver& driver, const TensorMapPlan& plan,
                   api::EncodedTensorMap& to) noexcept {
    if (!driver.encode_tensor_map) return api::Result::requires_newer_driver;
    constexpr int no_interleave = 0;
    return driver.encode_tensor_map(
        &to, plan.type, plan.rank, reinterpret_cast<void*>(plan.address), // NOLINT
        plan.sizes.data(),
        plan.strides_bytes.data() + 1, // the innermost dimension has none
        plan.box.data(), plan.element_strides.data(), no_interleave, plan.swizzle, plan.promotion,
        plan.fill_nan ? 1 : 0);
}

} // namespace hone::cuda
