// Vectors of sums, and elements of the operands' types as numbers of that type. No headers: kernels are
// compiled without any.
//
// SUM_TYPE: of sums: f64 (SUM_IS_F64) where all operands are, else f32. VL: sums in a vector. PAIRS: products of bf16 are formed by the instruction that adds two of them
// to a float, so that an entry of a panel is a pair that follows along k, in the bits of a float; else
// an entry is one element as a float. Elements of other types are rounded to bf16 for a pair.

typedef long Int;
typedef unsigned short u16;
typedef unsigned u32;

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define NO_UNROLL _Pragma("clang loop unroll(disable) vectorize(disable)")

typedef float f32;
typedef double f64;
typedef SUM_TYPE Sum;
typedef Sum V __attribute__((vector_size(VL * sizeof(Sum))));
typedef Sum UnalignedV __attribute__((vector_size(VL * sizeof(Sum)), aligned(sizeof(Sum))));
typedef u32 VU __attribute__((vector_size(VL * 4)));
typedef u16 VH __attribute__((vector_size(VL * 2), aligned(2)));
typedef signed char VB __attribute__((vector_size(VL), aligned(1)));

struct bf16 {
    u16 bits;
};
struct f16 {
    u16 bits;
};
typedef signed char s8; // times a scale, which is applied to sums
typedef _Float16 UnalignedVF16 __attribute__((vector_size(VL * 2), aligned(2)));

INLINE V splat(Sum x) { return x - (V){}; }
INLINE V fma(V a, V b, V c) { return __builtin_elementwise_fma(a, b, c); }
INLINE Int smaller(Int a, Int b) { return a < b ? a : b; }
INLINE Int larger(Int a, Int b) { return a > b ? a : b; }
INLINE Int blocks(Int extent, Int block) { return (extent + block - 1) / block; }

INLINE Sum value(Sum x) { return x; }
INLINE float value(bf16 x) { return __builtin_bit_cast(float, (u32)x.bits << 16); }
INLINE float value(s8 x) { return x; }
INLINE float value(f16 x) { return (float)__builtin_bit_cast(_Float16, x.bits); }

INLINE V load(const Sum* p) { return *(const UnalignedV*)p; }
#if !SUM_IS_F64
INLINE V load(const bf16* p) {
    return (V)(__builtin_convertvector(*(const VH*)p, VU) << 16);
}
INLINE V load(const s8* p) { return __builtin_convertvector(*(const VB*)p, V); }
INLINE V load(const f16* p) {
    return __builtin_convertvector(*(const UnalignedVF16*)p, V);
}
#endif

// Rounded to nearest even.
INLINE void store(Sum* p, V x) { *(UnalignedV*)p = x; }
#if !SUM_IS_F64
INLINE void store(bf16* p, V x) {
    const VU bits = (VU)x;
    const VU rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    const VU nan = (bits >> 16) | 0x40; // adding would carry some NaNs into the sign
    *(VH*)p = __builtin_convertvector(((VU)(x == x) & rounded) | (~(VU)(x == x) & nan), VH);
}
INLINE void store(f16* p, V x) {
    *(UnalignedVF16*)p = __builtin_convertvector(x, UnalignedVF16);
}
#endif

// The first `count` elements, the rest 0. Nothing beyond them is touched.
template <class T> static V load_some(const T* p, Int count) {
    T whole[VL] = {};
    NO_UNROLL for (Int i = 0; i < count; ++i) whole[i] = p[i];
    return load(whole);
}
template <class T> static void store_some(T* p, V x, Int count) {
    T whole[VL];
    store(whole, x);
    NO_UNROLL for (Int i = 0; i < count; ++i) p[i] = whole[i];
}
template <class T> INLINE V load_up_to(const T* p, Int count) {
    return count >= VL ? load(p) : load_some(p, count);
}
template <class T> INLINE void store_up_to(T* p, V x, Int count) {
    if (count >= VL)
        store(p, x);
    else
        store_some(p, x, count);
}

// --- entries -------------------------------------------------------------------------------------

#define STEP (1 + PAIRS) // elements of an entry

#if PAIRS
typedef float LooseV __attribute__((vector_size(VL * 4), aligned(2)));
typedef __bf16 VP __attribute__((vector_size(VL * 4)));

INLINE VH narrow(V x) {
    typedef __bf16 VN __attribute__((vector_size(VL * 2)));
    return (VH)__builtin_convertvector(x, VN);
}
INLINE VU bits(const bf16* p) { return __builtin_convertvector(*(const VH*)p, VU); }
template <class T> INLINE VU bits(const T* p) { return __builtin_convertvector(narrow(load(p)), VU); }
INLINE u32 bits(bf16 x) { return x.bits; }
template <class T> INLINE u32 bits(T x) { return narrow(splat(value(x)))[0]; }

// An entry of two elements, and vectors of VL entries: of one row, or of two rows below each other.
template <class T> INLINE f32 entry(T first, T second) {
    return __builtin_bit_cast(f32, bits(second) << 16 | bits(first));
}
INLINE V load_entries(const bf16* p) { return *(const LooseV*)p; }
template <class T> INLINE V load_entries(const T* p) {
    struct { VH low, high; } both = {narrow(load(p)), narrow(load(p + VL))};
    return __builtin_bit_cast(V, both);
}
template <class T> INLINE V load_entries(const T* first, const T* second) {
    return (V)(bits(first) | bits(second) << 16);
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
template <class T> INLINE Sum entry(T first, T) { return value(first); }
template <class T> INLINE V load_entries(const T* p) { return load(p); }
template <class T> INLINE V load_entries(const T* first, const T*) { return load(first); }
INLINE V splat_entry(Sum x) { return splat(x); }
INLINE V multiply_add(V a, V b, V c) { return fma(a, b, c); }
#endif

// As many of the VL entries as `count` elements make, zeros after them.
template <class T> static V load_some_entries(const T* p, Int count) {
    T whole[VL * STEP] = {};
    NO_UNROLL for (Int i = 0; i < count; ++i) whole[i] = p[i];
    return load_entries(whole);
}

// Transposes VL x VL: riffling the first half of the rows with the second half moves one bit of an
// element's row number to its column number, so log2(VL) rounds swap the two.
#if VL == 16
#define LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif VL == 8
#define LOW 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH 4, 12, 5, 13, 6, 14, 7, 15
#elif VL == 4
#define LOW 0, 4, 1, 5
#define HIGH 2, 6, 3, 7
#else
#define LOW 0, 2
#define HIGH 1, 3
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
