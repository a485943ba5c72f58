// Our device headers, which every module may include.
#pragma once

#include <span>

namespace hone::cuda {

struct DeviceHeader {
    const char* name; // "hone/types.cuh"
    const char* text;
};

[[nodiscard]] std::span<const DeviceHeader> device_headers() noexcept;

} // namespace hone::cuda
