// Copies that run beside the threads that start them (cp.async, sm_80 on), and mbarriers (sm_90 on).
#pragma once

#include "hone/types.cuh"

namespace hone {

#if __CUDA_ARCH__ >= 800
// 16 bytes past the L1; `valid` false writes zeros and reads nothing.
__device__ __forceinline__ void copy_async_16(u32 to, const void* from, bool valid = true) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                 :
                 : "r"(to), "l"(__cvta_generic_to_global(from)), "r"(valid ? 16 : 0)
                 : "memory");
}
// 4 or 8 bytes, for what is not aligned to more.
template <int bytes>
__device__ __forceinline__ void copy_async(u32 to, const void* from, bool valid = true) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;"
                 :
                 : "r"(to), "l"(__cvta_generic_to_global(from)), "n"(bytes), "r"(valid ? bytes : 0)
                 : "memory");
}
__device__ __forceinline__ void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Until at most `left` groups of this thread are under way.
template <int left> __device__ __forceinline__ void wait_copies() {
    asm volatile("cp.async.wait_group %0;" : : "n"(left) : "memory");
}
#endif

// Named barriers, with an immediate number: a register would have ptxas reserve all sixteen.
template <int number> __device__ __forceinline__ void barrier(int threads) {
    asm volatile("bar.sync %0, %1;" : : "n"(number), "r"(threads) : "memory");
}
template <int number> __device__ __forceinline__ void barrier_arrive(int threads) {
    asm volatile("bar.arrive %0, %1;" : : "n"(number), "r"(threads) : "memory");
}

#if __CUDA_ARCH__ >= 900
__device__ __forceinline__ void mbarrier_init(u32 address, u32 arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" : : "r"(address), "r"(arrivals) : "memory");
}
// After mbarrier_init, before other agents (the other blocks of a cluster, TMA) use them.
__device__ __forceinline__ void fence_mbarrier_init() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
__device__ __forceinline__ void mbarrier_arrive(u32 address) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" : : "r"(address) : "memory");
}
__device__ __forceinline__ void mbarrier_arrive_expect(u32 address, u32 bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;"
                 :
                 : "r"(address), "r"(bytes)
                 : "memory");
}
// Until the phase of that parity has completed.
__device__ __forceinline__ void mbarrier_wait(u32 address, u32 parity) {
    u32 done;
    do {
        asm volatile("{\n.reg .pred p;\n"
                     "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n"
                     "selp.u32 %0, 1, 0, p;\n}"
                     : "=r"(done)
                     : "r"(address), "r"(parity)
                     : "memory");
    } while (done == 0);
}
#endif

} // namespace hone
