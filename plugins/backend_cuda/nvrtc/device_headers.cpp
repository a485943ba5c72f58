#include "nvrtc/device_headers.hpp"

#include "cuda_async_cuh.embed.hpp"
#include "cuda_cluster_cuh.embed.hpp"
#include "cuda_math_cuh.embed.hpp"
#include "cuda_mma_cuh.embed.hpp"
#include "cuda_tma_cuh.embed.hpp"
#include "cuda_types_cuh.embed.hpp"

#include <array>

namespace hone::cuda {

std::span<const DeviceHeader> device_headers() noexcept {
    // Embedded texts are literals, so a zero follows each.
    static constexpr std::array headers{
        DeviceHeader{"hone/types.cuh", cuda_types_cuh.data()},
        DeviceHeader{"hone/math.cuh", cuda_math_cuh.data()},
        DeviceHeader{"hone/mma.cuh", cuda_mma_cuh.data()},
        DeviceHeader{"hone/async.cuh", cuda_async_cuh.data()},
        DeviceHeader{"hone/tma.cuh", cuda_tma_cuh.data()},
        DeviceHeader{"hone/cluster.cuh", cuda_cluster_cuh.data()},
    };
    return headers;
}

} // namespace hone::cuda
