// Our plain tensor maps, encoded by the driver.
#pragma once

#include "driver.hpp"
#include "hone/backend.hpp"

namespace hone::cuda {

// What the driver would be asked to encode: the map with what it leaves open filled in from the
// operand.
struct TensorMapPlan {
    api::TensorMapType type = api::TensorMapType::u8;
    std::uint32_t rank = 0;
    api::Address address = 0;
    std::array<std::uint64_t, max_rank> sizes{};
    std::array<std::uint64_t, max_rank> strides_bytes{}; // of dimensions 1 to rank - 1
    std::array<std::uint32_t, max_rank> box{}, element_strides{};
    api::TensorMapSwizzle swizzle = api::TensorMapSwizzle::none;
    api::TensorMapPromotion promotion = api::TensorMapPromotion::none;
    bool fill_nan = false;
};

// Nothing when no map can have those members (a type that maps lack, swizzle of 96 bytes).
[[nodiscard]] std::optional<TensorMapPlan> plan(const TensorMap& map,
                                                const Tensor& operand) noexcept;
[[nodiscard]] api::Result encode(const Driver& driver, const TensorMapPlan& plan,
                                 api::EncodedTensorMap& to) noexcept;

} // namespace hone::cuda
