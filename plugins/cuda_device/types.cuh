// Integers of stated size, and the 16-bit floating types as bits with conversions. NVRTC brings no
// standard headers, and cuda_fp16.h takes longer to read than most kernels take to compile.
#pragma once

namespace hone {

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;
using s8 = signed char;
using s32 = int;
using s64 = long long;

// Bits of a binary16 and of a bfloat16. Arithmetic is done in f32.
struct f16 {
    u16 bits;
};
struct bf16 {
    u16 bits;
};

__device__ __forceinline__ float to_float(float value) { return value; }
__device__ __forceinline__ float to_float(f16 value) {
    float wide;
    asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value.bits));
    return wide;
}
__device__ __forceinline__ float to_float(bf16 value) {
    return __uint_as_float(static_cast<u32>(value.bits) << 16);
}

// Rounded to nearest even.
__device__ __forceinline__ void from_float(float& to, float value) { to = value; }
__device__ __forceinline__ void from_float(f16& to, float value) {
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(to.bits) : "f"(value));
}
__device__ __forceinline__ void from_float(bf16& to, float value) {
#if __CUDA_ARCH__ >= 800
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(to.bits) : "f"(value));
#else
    const u32 bits = __float_as_uint(value);
    const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
    const u32 rounded = bits + 0x7fffu + (bits >> 16 & 1u);
    to.bits = static_cast<u16>(nan ? 0x7fffu : rounded >> 16);
#endif
}
template <typename T> __device__ __forceinline__ T rounded(float value) {
    T to;
    from_float(to, value);
    return to;
}

// Two values in one register, the first in the low half.
__device__ __forceinline__ u32 pack_f16(float low, float high) {
    u32 packed;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
}
__device__ __forceinline__ u32 pack_bf16(float low, float high) {
#if __CUDA_ARCH__ >= 800
    u32 packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
#else
    return rounded<bf16>(low).bits | static_cast<u32>(rounded<bf16>(high).bits) << 16;
#endif
}
// The bits of the nearest tf32, ties away from zero, as the tensor cores want them (sm_80 on).
__device__ __forceinline__ u32 to_tf32(float value) {
#if __CUDA_ARCH__ >= 800
    u32 bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
    return bits;
#else
    return (__float_as_uint(value) + 0x1000u) & 0xffffe000u;
#endif
}

// The address of shared memory as instructions want it.
__device__ __forceinline__ u32 shared_address(const void* pointer) {
    return static_cast<u32>(__cvta_generic_to_shared(pointer));
}

} // namespace hone
