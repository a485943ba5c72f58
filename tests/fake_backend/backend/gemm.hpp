// `compute gemm`: d = alpha op(a) op(b), row-major, f32.
#pragma once

#include "bound_step.hpp"
#include "device_memory.hpp"

namespace fake {

void gemm(const BoundStep& step, DeviceMemory& memory);
// Device address of the element in the middle of d.
[[nodiscard]] std::uint64_t gemm_element(const BoundStep& step);

} // namespace fake
