// Tensor memory access (sm_90 on). The host passes maps as `const __grid_constant__ TensorMap`.
#pragma once

#include "hone/types.cuh"

namespace hone {

struct alignas(128) TensorMap {
    u64 opaque[16];
};

#if __CUDA_ARCH__ >= 900
__device__ __forceinline__ void prefetch(const TensorMap& map) {
    asm volatile("prefetch.tensormap [%0];" : : "l"(&map) : "memory");
}
// The box at (x, y) of a 2-d map; its bytes are counted at the mbarrier.
__device__ __forceinline__ void tma_load_2d(u32 to, const TensorMap& map, u32 mbarrier, s32 x, s32 y) {
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes "
                 "[%0], [%1, {%3, %4}], [%2];"
                 :
                 : "r"(to), "l"(&map), "r"(mbarrier), "r"(x), "r"(y)
                 : "memory");
}
__device__ __forceinline__ void tma_load_3d(u32 to, const TensorMap& map, u32 mbarrier, s32 x, s32 y,
                                            s32 z) {
    asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes "
                 "[%0], [%1, {%3, %4, %5}], [%2];"
                 :
                 : "r"(to), "l"(&map), "r"(mbarrier), "r"(x), "r"(y), "r"(z)
                 : "memory");
}
__device__ __forceinline__ void tma_store_2d(const TensorMap& map, u32 from, s32 x, s32 y) {
    asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%2, %3}], [%1];"
                 :
                 : "l"(&map), "r"(from), "r"(x), "r"(y)
                 : "memory");
}
__device__ __forceinline__ void tma_commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }
// Until the sources of all but `left` groups may be overwritten.
template <int left> __device__ __forceinline__ void tma_wait_read() {
    asm volatile("cp.async.bulk.wait_group.read %0;" : : "n"(left) : "memory");
}
// Between ordinary writes of shared memory and a TMA or wgmma that reads them.
__device__ __forceinline__ void fence_async_proxy() {
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}
#endif

} // namespace hone
