// Blocks of a cluster (sm_90 on), dependent launches, and registers moved between warps.
#pragma once

#include "hone/types.cuh"

namespace hone {

#if __CUDA_ARCH__ >= 900
__device__ __forceinline__ u32 cluster_rank() {
    u32 rank;
    asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return rank;
}
__device__ __forceinline__ void cluster_arrive() {
    asm volatile("barrier.cluster.arrive.aligned;" ::: "memory");
}
__device__ __forceinline__ void cluster_wait() {
    asm volatile("barrier.cluster.wait.aligned;" ::: "memory");
}
// The same shared memory in another block of the cluster.
__device__ __forceinline__ u32 cluster_address(u32 address, u32 rank) {
    u32 there;
    asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(address), "r"(rank));
    return there;
}
// Step::programmatic_launch: wait for the step before, let the step after start.
__device__ __forceinline__ void wait_for_previous_step() {
    asm volatile("griddepcontrol.wait;" ::: "memory");
}
__device__ __forceinline__ void start_next_step() {
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
}
#endif

// Registers per thread of this warpgroup, a multiple of 8; only for targets with an "a".
#if defined(__CUDA_ARCH_FEAT_SM90_ALL) || defined(__CUDA_ARCH_FEAT_SM100_ALL)
template <int count> __device__ __forceinline__ void raise_registers() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" : : "n"(count));
}
template <int count> __device__ __forceinline__ void lower_registers() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" : : "n"(count));
}
#endif

} // namespace hone
