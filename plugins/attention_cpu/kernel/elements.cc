// Vectors of floats, and elements of the operands' type as floats. No headers: kernels are compiled
// without any.
//
// VL: floats in a vector. TYPE: element type of the tensors: f32, bf16 or f16. PAIRS: products of
// bf16 are formed by the instruction that adds two of them to a float, so an entry is a pair that
// follows along the sum, in the bits of a float; else an entry is one element as a float.

typedef long Int;
typedef unsigned short u16;
typedef unsigned u32;

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define NO_UNROLL _Pragma("clang loop unroll(disable) vectorize(disable)")

typedef float V __attribute__((vector_size(VL * 4)));
typedef float UnalignedV __attribute__((vector_size(VL * 4), aligned(4)));
typedef u32 VU __attribute__((vector_size(VL * 4)));
typedef int VI __attribute__((vector_size(VL * 4)));
typedef u16 VH __attribute__((vector_size(VL * 2), aligned(2)));

typedef float f32;
struct bf16 {
    u16 bits;
};
struct f16 {
    u16 bits;
};
typedef _Float16 UnalignedVF16 __attribute__((vector_size(VL * 2), aligned(2)));
typedef TYPE Element;

INLINE V splat(float x) { return x - (V){}; }
INLINE VI splat_int(int x) { return x - (VI){}; }
INLINE V fma(V a, V b, V c) { return __builtin_elementwise_fma(a, b, c); }
INLINE V max(V a, V b) { return a > b ? a : b; } // one instruction, as scores are never NaN
INLINE Int smaller(Int a, Int b) { return a < b ? a : b; }
INLINE Int larger(Int a, Int b) { return a > b ? a : b; }
INLINE Int clamp(Int x, Int low, Int high) { return smaller(larger(x, low), high); }
INLINE Int blocks(Int extent, Int block) { return (extent + block - 1) / block; }
INLINE Int round_up(Int extent, Int block) { return blocks(extent, block) * block; }

INLINE float infinity() { return __builtin_inff(); }

INLINE float value(f32 x) { return x; }
INLINE float value(bf16 x) { return __builtin_bit_cast(float, (u32)x.bits << 16); }
INLINE float value(f16 x) { return (float)__builtin_bit_cast(_Float16, x.bits); }

INLINE V load(const f32* p) { return *(const UnalignedV*)p; }
INLINE V load(const bf16* p) { return (V)(__builtin_convertvector(*(const VH*)p, VU) << 16); }
INLINE V load(const f16* p) { return __builtin_convertvector(*(const UnalignedVF16*)p, V); }

// Rounded to nearest even.
INLINE void store(f32* p, V x) { *(UnalignedV*)p = x; }
INLINE void store(bf16* p, V x) {
    const VU bits = (VU)x;
    const VU rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    const VU nan = (bits >> 16) | 0x40; // adding would carry some NaNs into the sign
    *(VH*)p = __builtin_convertvector(((VU)(x == x) & rounded) | (~(VU)(x == x) & nan), VH);
}
INLINE void store(f16* p, V x) { *(UnalignedVF16*)p = __builtin_convertvector(x, UnalignedVF16); }

// The first `count` elements, the rest 0. Nothing beyond them is touched.
template <class T> NOINLINE V load_some(const T* p, Int count) {
    T whole[VL] = {};
    NO_UNROLL for (Int i = 0; i < count; ++i) whole[i] = p[i];
    return load(whole);
}
template <class T> NOINLINE void store_some(T* p, V x, Int count) {
    T whole[VL];
    store(whole, x);
    NO_UNROLL for (Int i = 0; i < count; ++i) p[i] = whole[i];
}
template <class T> INLINE V load_up_to(const T* p, Int count) {
    return __builtin_expect(count >= VL, 1) ? load(p) : load_some(p, count);
}
template <class T> INLINE void store_up_to(T* p, V x, Int count) {
    if (__builtin_expect(count >= VL, 1))
        store(p, x);
    else
        store_some(p, x, count);
}

// Transposes VL x VL: riffling the first half of the rows with the second half moves one bit of an
// element's row number to its column number, so log2(VL) rounds swap the two.
#if VL == 16
#define LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif VL == 8
#define LOW 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOW 0, 4, 1, 5
#define HIGH 2, 6, 3, 7
#endif
INLINE void transpose(V (&rows)[VL]) {
    UNROLL for (int round = 1; round < VL; round *= 2) {
        V riffled[VL];
        UNROLL for (int i = 0; i < VL / 2; ++i) {
            riffled[2 * i] = __builtin_shufflevector(rows[i], rows[i + VL / 2], LOW);
            riffled[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + VL / 2], HIGH);
        }
        UNROLL for (int i = 0; i < VL; ++i) rows[i] = riffled[i];
    }
}

// --- entries -------------------------------------------------------------------------------------

#define STEP (1 + PAIRS) // elements of an entry

#if PAIRS
typedef __bf16 VP __attribute__((vector_size(VL * 4)));

INLINE VU rounded_bits(V x) { return (VU)x + 0x7fff + (((VU)x >> 16) & 1); } // bf16 in the upper half
// Entries of two floats each: `first` in the lower half.
INLINE V entries(V first, V second) {
    return (V)((rounded_bits(second) & 0xffff0000u) | rounded_bits(first) >> 16);
}
INLINE V splat_entry(f32 x) { return (V)(__builtin_bit_cast(u32, x) - (VU){}); }
// c plus the products of an entry's elements.
INLINE V multiply_add(V a, V b, V c) {
#if VL == 16
    return __builtin_ia32_dpbf16ps_512(c, (VP)a, (VP)b);
#else
    return __builtin_ia32_dpbf16ps_256(c, (VP)a, (VP)b);
#endif
}
#else
INLINE V entries(V first, V) { return first; }
INLINE V splat_entry(f32 x) { return splat(x); }
INLINE V multiply_add(V a, V b, V c) { return fma(a, b, c); }
#endif
