// CUDA as people write it: each kernel takes 256 ints and 256 floats and writes 512 doubles. One block
// of 256 threads. ordinary_test.cpp computes the same on the host.
#include <cuda_fp16.h>

#define KERNEL extern "C" __global__ void
typedef long long s64;
typedef unsigned long long u64;

KERNEL reduction(const int*, const float* x, double* out) {
    __shared__ float partial[8];
    const int t = threadIdx.x;
    float sum = x[t];
    for (int step = 16; step > 0; step >>= 1) sum += __shfl_down_sync(~0u, sum, step);
    if (t % 32 == 0) partial[t / 32] = sum;
    __syncthreads();
    if (t < 8) {
        sum = partial[t];
        for (int step = 4; step > 0; step >>= 1) sum += __shfl_down_sync(0xFFu, sum, step, 8);
        if (t == 0) out[0] = sum;
    }
}

KERNEL scan(const int* k, const float*, double* out) {
    __shared__ int s[2][256];
    const int t = threadIdx.x;
    int from = 0;
    s[0][t] = k[t];
    for (int step = 1; step < 256; step *= 2) {
        __syncthreads();
        s[1 - from][t] = s[from][t] + (t >= step ? s[from][t - step] : 0);
        from = 1 - from;
    }
    out[t] = s[from][t];
}

KERNEL transpose(const int* k, const float*, double* out) {
    __shared__ int tile[16][17];
    const int x = threadIdx.x % 16, y = threadIdx.x / 16;
    tile[y][x] = k[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = tile[x][y];
}

KERNEL bitonic_sort(const int* k, const float*, double* out) {
    __shared__ int s[256];
    const int t = threadIdx.x;
    s[t] = k[t];
    __syncthreads();
    for (int size = 2; size <= 256; size *= 2)
        for (int stride = size / 2; stride > 0; stride /= 2) {
            const int other = t ^ stride;
            if (other > t) {
                const bool up = (t & size) == 0;
                const int a = s[t], b = s[other];
                if ((a > b) == up) {
                    s[t] = b;
                    s[other] = a;
                }
            }
            __syncthreads();
        }
    out[t] = s[t];
}

KERNEL histogram(const int* k, const float*, double* out) {
    __shared__ u64 bins[32];
    const int t = threadIdx.x;
    if (t < 32) bins[t] = 0;
    __syncthreads();
    atomicAdd(&bins[(unsigned)k[t] % 32], 1ull + t);
    __syncthreads();
    if (t < 32) out[t] = (double)bins[t];
}

KERNEL doubles(const int* k, const float* x, double* out) {
    const int t = threadIdx.x;
    const double a = x[t], b = k[t] + 0.25;
    out[t] = sqrt(fabs(a)) / b + fma(a, b, -1.5) + floor(b) + exp(-fabs(a)) + pow(fabs(a), 1.5);
    out[256 + t] = sin(a * 3) + log(fabs(a) + 1) + fmod(b, 7.0) + atan2(a, b) + cbrt(a);
}

KERNEL wide_integers(const int* k, const float*, double* out) {
    const int t = threadIdx.x;
    const s64 a = (s64)k[t] * 0x123456789ll, b = k[255 - t] | 1;
    const u64 c = (u64)a * 0x9E3779B97F4A7C15ull;
    out[t] = (double)(a / b) + (double)(a % b) + (double)(c >> (t % 64)) + (double)__mul64hi(a, b << 40);
    out[256 + t] = __clzll(c) + __popcll(c) + __ffsll(c) + (double)(__brevll(c) >> 20) +
                   (double)__umul64hi(c, c) + (double)(c / (u64)(t + 1) % 1000) + (a < b) + (int)(c >> 33) % 77;
}

__device__ __noinline__ double chosen(int which, double a) {
    switch (which) {
    case 0: return a + 1;
    case 1: return a * 3;
    case 2: return a - 7;
    case 3: return a / 9;
    case 4: return -a;
    case 5: return a * a;
    case 6: return 11;
    case 7: return a + a * 13;
    case 8: return 1 / (a + 1000);
    case 9: return a > 2 ? 1 : 5;
    case 10: return a * 0.5;
    case 11: return sqrt(a * a + 1);
    default: return 99;
    }
}
KERNEL switch_table(const int* k, const float* x, double* out) {
    const int t = threadIdx.x;
    out[t] = chosen(t % 14, x[t]) + chosen((unsigned)k[t] % 13, 2.0);
}

__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
struct Four {
    double a;
    int b[3];
};
__device__ __noinline__ Four mixed(Four f, int n) {
    for (int i = 0; i < 3; ++i) f.b[i] += n * i;
    f.a += f.b[n % 3];
    return f;
}
KERNEL calls(const int* k, const float* x, double* out) {
    const int t = threadIdx.x;
    Four f{x[t], {k[t], k[255 - t], t}};
    f = mixed(f, t % 5);
    out[t] = f.a + f.b[0] + 2 * f.b[1] + 3 * f.b[2] + fibonacci(t % 12);
}

__device__ __noinline__ double twice(double a) { return 2 * a; }
__device__ __noinline__ double shifted(double a) { return a + 3; }
__device__ __noinline__ double squared(double a) { return a * a; }
typedef double (*Function)(double);
__device__ Function functions[3] = {twice, shifted, squared};
KERNEL function_pointers(const int* k, const float* x, double* out) {
    const int t = threadIdx.x;
    Function f = functions[(unsigned)k[t] % 3];
    out[t] = f(x[t]);
}

KERNEL bytes_and_bits(const int* k, const float*, double* out) {
    const int t = threadIdx.x;
    unsigned char buffer[24];
    for (int i = 0; i < 24; ++i) buffer[i] = (unsigned char)(k[(t + i) % 256] >> (i % 4 * 8));
    for (int i = 0; i < 12; ++i) {
        const unsigned char swapped = buffer[i];
        buffer[i] = buffer[23 - i];
        buffer[23 - i] = swapped;
    }
    unsigned hash = 2166136261u;
    for (int i = 0; i < 24; ++i) hash = (hash ^ buffer[(i * 7 + t) % 24]) * 16777619u;
    out[t] = hash;
    const unsigned a = k[t], b = k[255 - t];
    out[256 + t] = (double)__byte_perm(a, b, 0x3175) + __popc(a) + __clz(b) + __ffs(a) + __brev(b) +
                   __dp4a((int)a, (int)b, t) + __vadd4(a, b) + __vabsdiffu4(a, b) +
                   __funnelshift_l(a, b, t) + __funnelshift_rc(a, b, t % 40) + __sad((int)a, (int)b, 1u) +
                   __vsadu4(a, b) + __vcmpgts2(a, b);
}

KERNEL directed_roundings(const int* k, const float* x, double* out) {
    const int t = threadIdx.x;
    const float a = x[t], b = x[255 - t] + 3;
    const double c = a, d = b;
    out[t] = (double)__fadd_rd(a, b) + __fadd_ru(a, b) * 1e-3 + __fmul_rz(a, b) + __fdiv_ru(a, b) +
             __fsqrt_rd(fabsf(a)) + __fmaf_rz(a, b, a) + __frcp_rn(b);
    out[256 + t] = __dadd_ru(c, d * 1e-17) + __ddiv_rz(c, d) + __dsqrt_ru(fabs(c)) + __float2int_rd(a * 10) +
                   __float2int_ru(a * 10) + __double2ll_rn(c * 1e6) + __int2float_rz(k[t] * 1001 + 16777217) +
                   __double2float_rd(c / 3) + rintf(a * 4) + truncf(a * 4) + roundf(a * 4);
}

KERNEL atomics(const int* k, const float* x, double* out) {
    __shared__ int low, high, bits;
    __shared__ u64 largest;
    __shared__ unsigned top;
    const int t = threadIdx.x;
    if (t == 0) {
        low = 1 << 30, high = -(1 << 30), bits = 0, largest = 0, top = 0;
    }
    __syncthreads();
    atomicMin(&low, k[t]);
    atomicMax(&high, k[t]);
    atomicXor(&bits, k[t]);
    atomicMax(&largest, (u64)(unsigned)k[t] << 20);
    const float a = fabsf(x[t]); // a maximum of floats by compare and swap
    for (unsigned seen = 0; __uint_as_float(seen) < a;) {
        const unsigned was = atomicCAS(&top, seen, __float_as_uint(a));
        if (was == seen) break;
        seen = was;
    }
    __syncthreads();
    if (t == 0) {
        out[0] = low, out[1] = high, out[2] = bits, out[3] = (double)largest;
        out[4] = __uint_as_float(top);
    }
}

KERNEL votes(const int* k, const float*, double* out) {
    const int t = threadIdx.x, lane = t % 32;
    double sum = 0;
    if (k[t] % 3 != 0) {
        const unsigned active = __activemask();
        const unsigned same = __match_any_sync(active, k[t] % 5);
        sum = __popc(same) + 100 * (__ffs(same) - 1) + 10000 * __popc(active & ((1u << lane) - 1));
    }
    __syncwarp();
    out[t] = sum + __any_sync(~0u, k[t] == 7) + 2 * __all_sync(~0u, k[t] > -1);
}

KERNEL elementary(const int*, const float* x, double* out) {
    const int t = threadIdx.x;
    const float a = x[t], p = fabsf(a) + 0.1f;
    float s, c;
    sincosf(a * 1000, &s, &c);
    out[t] = expf(a) + logf(p) + powf(p, 1.7f) + erff(a) + tanhf(a) + cbrtf(a) + s + 2 * c;
    out[256 + t] = log1pf(p) + exp2f(a) + asinf(a / 8) + atanf(a) + sinhf(a) + rsqrtf(p) + hypotf(a, p) +
                   fmodf(a * 9, 2.5f) + lgammaf(p) + ldexpf(a, 3) + copysignf(1, a);
}

KERNEL halves(const int*, const float* x, double* out) {
    const int t = threadIdx.x;
    const __half a = __float2half_rn(x[t]), b = __float2half_rn(x[255 - t]);
    const __half2 pair = __halves2half2(a, b), sum = __hfma2(pair, __half2half2(b), pair);
    out[t] = (double)__half2float(__hadd(a, b)) + __half2float(__low2half(sum)) + __half2float(__high2half(sum));
    out[256 + t] = __half2float(hexp2(a)) * 0 + __hgt(a, b) + __half2float(__hmul(a, b)) + __half2int_rd(a) +
                   __half2float(__hmax(a, b));
}
