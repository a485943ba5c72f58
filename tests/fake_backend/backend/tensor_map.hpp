// Tensor maps as the driver of a real card checks and uses them.
#pragma once

#include "device_memory.hpp"
#include "hone/backend.hpp"
#include "hone/program.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace fake {

struct BoundMap {
    std::uint64_t address = 0;
    int rank = 0;
    std::array<std::int64_t, hone::max_rank> sizes{};
    std::array<std::int64_t, hone::max_rank> strides_bytes{}; // of dimension 0: one element
    hone::DType dtype = hone::DType::none;
    bool fill_nan = false;

    // One element, innermost coordinate first. Outside the sizes it is zero or NaN, as the map
    // says; inside them the memory must be there: throws Fault.
    [[nodiscard]] float load(const DeviceMemory::Reach& reach,
                             std::span<const std::int64_t> coordinates) const;
};

// Sizes and strides of the operand are filled in where the map leaves them open. Returns the rule
// of cuTensorMapEncodeTiled that is broken, or nothing.
[[nodiscard]] std::string bind_map(const hone::TensorMap& map, const hone::Tensor& operand,
                                   BoundMap& out);

} // namespace fake
