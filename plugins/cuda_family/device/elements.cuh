// Element types as they lie in memory, and conversions of one element to and from the type that
// sums are kept in. CUDA's own headers are not included: they cost more time than a kernel.

using f64 = double;
using f32 = float;
using tf32 = float; // values already have a significand of 11 bits
using s32 = int;
using s8 = signed char;
using u8 = unsigned char;
struct s4 { // two to a byte, the even one low
    unsigned char pair;
};
struct f16 {
    unsigned short bits;
};
struct bf16 {
    unsigned short bits;
};
struct e4m3 {
    unsigned char bits;
};
struct e5m2 {
    unsigned char bits;
};

// N neighbours in memory that one instruction moves.
template <class T, int N> struct alignas(sizeof(T) * N) Run {
    T x[N];
};

__device__ inline float to_float(f16 x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
}
__device__ inline float to_float(bf16 x) { return __uint_as_float(unsigned(x.bits) << 16); }
// Both 8-bit formats are f16 with a shorter significand; e4m3 has another bias too, and its largest
// pattern is its only NaN.
__device__ inline float to_float(e5m2 x) {
    return to_float(f16{static_cast<unsigned short>(x.bits << 8)});
}
__device__ inline float to_float(e4m3 x) {
    const unsigned magnitude = x.bits & 0x7f;
    if (magnitude == 0x7f) return __uint_as_float(0x7fffffff);
    const unsigned half = (x.bits & 0x80u) << 8 | magnitude << 7;
    return 256.f * to_float(f16{static_cast<unsigned short>(half)});
}
__device__ inline float to_float(float x) { return x; }
__device__ inline float to_float(double x) { return static_cast<float>(x); }
__device__ inline float to_float(int x) { return static_cast<float>(x); }
__device__ inline float to_float(s8 x) { return static_cast<float>(x); }
__device__ inline float to_float(u8 x) { return static_cast<float>(x); }

// An element as a Sum: float, double or int.
template <class Sum, class T> struct Widen {
    __device__ static Sum of(T x) { return to_float(x); }
};
template <> struct Widen<double, double> {
    __device__ static double of(double x) { return x; }
};
template <> struct Widen<double, int> {
    __device__ static double of(int x) { return x; }
};
template <class T> struct Widen<int, T> {
    __device__ static int of(T x) { return x; }
};
template <class Sum, class T> __device__ inline Sum widen(T x) { return Widen<Sum, T>::of(x); }

// Significand of `kept` bits after the leading one, in the place of f32's 23; to nearest even.
__device__ inline unsigned rounded_bits(unsigned bits, int kept) {
    const int dropped = 23 - kept;
    return bits + ((1u << (dropped - 1)) - 1 + (bits >> dropped & 1));
}

__device__ inline void narrow(f16& y, float x) {
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
}
__device__ inline void narrow(bf16& y, float x) {
#if __CUDA_ARCH__ >= 800
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
#else
    const unsigned bits = __float_as_uint(x);
    y.bits = x == x ? rounded_bits(bits, 7) >> 16 : 0x7fff;
#endif
}
// An 8-bit format of `kept` significand bits whose smallest normal is 2^lowest. Saturates.
__device__ inline unsigned char narrow_8bit(float x, int kept, int lowest, float largest) {
    const unsigned sign = __float_as_uint(x) >> 24 & 0x80;
    if (!(x == x)) return 0x7f;
    const float magnitude = fminf(fabsf(x), largest);
    if (magnitude < __uint_as_float(unsigned(127 + lowest) << 23)) {
        // Of equal steps, the last of which is the smallest normal.
        const float steps = __uint_as_float(unsigned(127 + kept - lowest) << 23);
        return sign | static_cast<unsigned>(__float2int_rn(magnitude * steps));
    }
    const unsigned bits = rounded_bits(__float_as_uint(magnitude), kept) >> (23 - kept);
    return sign | (bits - (unsigned(126 + lowest) << kept));
}
__device__ inline void narrow(e4m3& y, float x) { y.bits = narrow_8bit(x, 3, -6, 448.f); }
__device__ inline void narrow(e5m2& y, float x) { y.bits = narrow_8bit(x, 2, -14, 57344.f); }
__device__ inline void narrow(float& y, float x) { y = x; }
__device__ inline void narrow(double& y, double x) { y = x; }
__device__ inline void narrow(int& y, int x) { y = x; }
__device__ inline void narrow(int& y, double x) { y = __double2int_rn(x); }
__device__ inline void narrow(s8& y, int x) { y = max(-128, min(127, x)); }
__device__ inline void narrow(s8& y, double x) { narrow(y, __double2int_rn(x)); }
