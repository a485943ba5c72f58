// Approximations in one instruction each, and reductions over a warp.
#pragma once

#include "hone/types.cuh"

namespace hone {

constexpr u32 all_lanes = 0xffffffffu;

// 2^x with at most 2 ulp of error, log2(x) with 2^-22; denormals are flushed.
__device__ __forceinline__ float exp2_approx(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
__device__ __forceinline__ float log2_approx(float x) {
    float y;
    asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
__device__ __forceinline__ float reciprocal_approx(float x) {
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
__device__ __forceinline__ float tanh_approx(float x) { // sm_75 on, 2^-11 relative
    float y;
    asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// Over groups of `lanes` neighbouring lanes, a power of two; every lane gets the result.
template <int lanes> __device__ __forceinline__ float warp_max(float value) {
#pragma unroll
    for (int step = lanes / 2; step > 0; step /= 2)
        value = fmaxf(value, __shfl_xor_sync(all_lanes, value, step));
    return value;
}
template <int lanes> __device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
    for (int step = lanes / 2; step > 0; step /= 2)
        value += __shfl_xor_sync(all_lanes, value, step);
    return value;
}

} // namespace hone
