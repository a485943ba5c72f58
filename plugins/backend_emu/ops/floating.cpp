// f32 and f64 arithmetic: PTX ISA 9.7.3. Compiled so that the rounding mode may change.
#include "ops/ops.hpp"
#include "ops/types.hpp"

#include <bit>
#include <cfenv>
#include <cmath>
#include <limits>

namespace hone::emu {
namespace {

HONE_EMU_INLINE float flushed(float x) {
    return std::fabs(x) < std::numeric_limits<float>::min() ? std::copysign(0.0f, x) : x;
}
template <class T> HONE_EMU_INLINE T saturated(T x) { return x > 0 ? (x < 1 ? x : 1) : 0; }

// Operands and result flushed or saturated as the instruction says.
template <class Op, bool ftz, bool sat> struct Modified {
    template <class... T> HONE_EMU_INLINE auto operator()(T... x) const {
        if constexpr (ftz) {
            const float y = flushed(Op{}(flushed(x)...));
            return sat ? saturated(y) : y;
        } else {
            const auto y = Op{}(x...);
            return sat ? saturated(y) : y;
        }
    }
};

// The same under another rounding mode.
template <class Op, class T, class... S> struct Directed {
    static void run(Warp& warp, const Inst& inst, LaneMask mask) {
        static constexpr int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
        const int before = std::fegetround();
        std::fesetround(modes[inst.kind]);
        LaneLoop<Op, T, S...>::plain(warp, inst, mask);
        std::fesetround(before);
    }
};

struct Flags {
    bool ftz = false, sat = false;
    Rounding rounding = Rounding::nearest;
};

Flags take_flags(Decoder& in) {
    Flags flags;
    bool given = false;
    flags.rounding = in.take_rounding(given);
    flags.ftz = in.take("ftz");
    flags.sat = in.take("sat");
    return flags;
}

template <class Op, class... S> Handler choose(const Flags& flags) {
    using T = std::common_type_t<S...>;
    const auto with = [&]<class Whole>(Whole) {
        if (flags.rounding != Rounding::nearest) return Handler{Directed<Whole, T, S...>::run};
        return lane_handler<T, S...>(Whole{});
    };
    if constexpr (std::is_same_v<T, float>) {
        if (flags.ftz && flags.sat) return with(Modified<Op, true, true>{});
        if (flags.ftz) return with(Modified<Op, true, false>{});
    }
    if (flags.sat) return with(Modified<Op, false, true>{});
    return with(Modified<Op, false, false>{});
}

struct Add {
    template <class T> HONE_EMU_INLINE T operator()(T a, T b) const { return a + b; }
};
struct Sub {
    template <class T> HONE_EMU_INLINE T operator()(T a, T b) const { return a - b; }
};
struct Mul {
    template <class T> HONE_EMU_INLINE T operator()(T a, T b) const { return a * b; }
};
struct Fma {
    HONE_EMU_INLINE float operator()(float a, float b, float c) const {
        return __builtin_fmaf(a, b, c);
    }
    HONE_EMU_INLINE double operator()(double a, double b, double c) const {
        return __builtin_fma(a, b, c);
    }
};
struct Div {
    template <class T> HONE_EMU_INLINE T operator()(T a, T b) const { return a / b; }
};
struct Rcp {
    template <class T> HONE_EMU_INLINE T operator()(T a) const { return 1 / a; }
};
struct Sqrt {
    HONE_EMU_INLINE float operator()(float a) const { return __builtin_sqrtf(a); }
    HONE_EMU_INLINE double operator()(double a) const { return __builtin_sqrt(a); }
};
struct Rsqrt {
    float operator()(float a) const {
        return static_cast<float>(1 / std::sqrt(static_cast<double>(a)));
    }
    double operator()(double a) const { return 1 / std::sqrt(a); }
};
// Computed in double and rounded once: nearer to the truth than the hardware's.
template <double (*function)(double)> struct Through {
    // NOLINTNEXTLINE(performance-type-promotion-in-math-fn)
    float operator()(float a) const { return static_cast<float>(function(a)); }
};

template <class Op, std::size_t count> void arithmetic(Decoder& in, const Flags& flags) {
    const Type type = in.take_type();
    in.expect_operands(count + 1, count + 1);
    in.inst.kind = static_cast<u8>(flags.rounding);
    if (type == Type::f64 && (flags.ftz || flags.sat)) in.fail("f64 has neither .ftz nor .sat");
    const auto pick = [&]<class T>(T) {
        if constexpr (count == 1)
            return choose<Op, T>(flags);
        else if constexpr (count == 2)
            return choose<Op, T, T>(flags);
        else
            return choose<Op, T, T, T>(flags);
    };
    if (type == Type::f32)
        in.inst.run = pick(float{});
    else if (type == Type::f64)
        in.inst.run = pick(double{});
    else
        in.fail("not for this type");
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    if constexpr (count > 1) in.inst.b = in.source(2, type);
    if constexpr (count > 2) in.inst.c = in.source(3, type);
}

// rcp and rsqrt.approx.ftz.f64: only the high words of operand and result count
// (9.7.3.12, 9.7.3.17).
template <class Op> void coarse(Decoder& in, Op) {
    (void)in.take_type();
    in.expect_operands(2, 2);
    in.inst.run = lane_handler<double, double>([](double a) {
        constexpr u64 high = ~u64{0} << 32;
        const auto cut = [](double x) {
            return std::bit_cast<double>(std::bit_cast<u64>(x) & high);
        };
        const auto flushed = [](double x) {
            return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0, x) : x;
        };
        return flushed(cut(Op{}(flushed(cut(a)))));
    });
    in.inst.d = in.destination(0, Type::f64);
    in.inst.a = in.source(1, Type::f64);
}

template <class Op> void f32_only(Decoder& in) {
    Flags flags;
    flags.ftz = in.take("ftz");
    if (in.take_type() != Type::f32) in.fail("not for this type");
    in.expect_operands(2, 2);
    in.inst.run = choose<Op, float>(flags);
    in.inst.d = in.destination(0, Type::f32);
    in.inst.a = in.source(1, Type::f32);
}

// min, max: a NaN gives way to a number unless .NaN; -0 is less than +0.
enum : u8 { is_max = 1, keeps_nan = 2, xor_sign = 4, flushes = 8 };
template <class T> T extreme(T a, T b, u8 kind) {
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();
    const bool sign = std::signbit(a) != std::signbit(b);
    if (kind & xor_sign) {
        a = std::fabs(a);
        b = std::fabs(b);
    }
    T out;
    if (std::isnan(a) || std::isnan(b)) {
        if ((kind & keeps_nan) || (std::isnan(a) && std::isnan(b))) {
            if constexpr (sizeof(T) == 4) return std::bit_cast<float>(0x7FFFFFFFu);
            return nan;
        }
        out = std::isnan(a) ? b : a;
    } else if (a == b) {
        out = std::signbit(a) == static_cast<bool>(kind & is_max) ? b : a;
    } else {
        out = (a < b) == static_cast<bool>(kind & is_max) ? b : a;
    }
    return kind & xor_sign ? std::copysign(out, sign ? T{-1} : T{1}) : out;
}
template <class T, std::size_t count>
void run_extreme(Warp& warp, const Inst& inst, LaneMask mask) {
    const T *a = warp.reg<T>(inst.a), *b = warp.reg<T>(inst.b);
    T* d = warp.reg<T>(inst.d);
    const auto in = [&](T x) {
        if constexpr (sizeof(T) == 4)
            if (inst.kind & flushes) return flushed(x);
        return x;
    };
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        T out = extreme(in(a[lane]), in(b[lane]), inst.kind);
        if constexpr (count == 3) out = extreme(out, in(warp.reg<T>(inst.c)[lane]), inst.kind);
        d[lane] = out;
    }
}

} // namespace

void decode_float_arithmetic(Decoder& in) {
    const Flags flags = take_flags(in);
    if (in.opcode() == "add") return arithmetic<Add, 2>(in, flags);
    if (in.opcode() == "sub") return arithmetic<Sub, 2>(in, flags);
    if (in.opcode() == "mul") return arithmetic<Mul, 2>(in, flags);
    arithmetic<Fma, 3>(in, flags);
}

void decode_div_float(Decoder& in) {
    const int kind = in.take_any({"approx", "full"});
    Flags flags = take_flags(in);
    if (kind >= 0) flags.rounding = Rounding::nearest;
    arithmetic<Div, 2>(in, flags);
}

void decode_rcp_sqrt(Decoder& in) {
    const bool approximate = in.take("approx");
    const Flags flags = take_flags(in);
    if (approximate && flags.ftz && in.next_type() == Type::f64 && in.opcode() == "rcp")
        return coarse(in, [](double a) { return 1 / a; });
    if (in.opcode() == "rcp") return arithmetic<Rcp, 1>(in, flags);
    arithmetic<Sqrt, 1>(in, flags);
}

void decode_transcendental(Decoder& in) {
    (void)in.take_one({"approx"});
    if (in.opcode() == "rsqrt") {
        const Flags flags = take_flags(in);
        if (flags.ftz && in.next_type() == Type::f64)
            return coarse(in, [](double a) { return 1 / std::sqrt(a); });
        return arithmetic<Rsqrt, 1>(in, flags);
    }
    if (in.opcode() == "sin") return f32_only<Through<std::sin>>(in);
    if (in.opcode() == "cos") return f32_only<Through<std::cos>>(in);
    if (in.opcode() == "lg2") return f32_only<Through<std::log2>>(in);
    if (in.opcode() == "ex2") return f32_only<Through<std::exp2>>(in);
    f32_only<Through<std::tanh>>(in);
}

void decode_float_min_max(Decoder& in) {
    u8 kind = in.opcode() == "max" ? is_max : 0;
    if (in.take("ftz")) kind |= flushes;
    if (in.take("NaN")) kind |= keeps_nan;
    if (in.take("xorsign")) {
        (void)in.take_one({"abs"});
        kind |= xor_sign;
    }
    const Type type = in.take_type();
    const bool three = in.operand_count() == 4;
    in.expect_operands(3, 4);
    if (type == Type::f32)
        in.inst.run = three ? run_extreme<float, 3> : run_extreme<float, 2>;
    else if (type == Type::f64 && !three)
        in.inst.run = run_extreme<double, 2>;
    else
        in.fail("not for this type");
    in.inst.kind = kind;
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
    if (three) in.inst.c = in.source(3, type);
}

void decode_float_abs_neg(Decoder& in) {
    const bool ftz = in.take("ftz"), negate = in.opcode() == "neg";
    const Type type = in.take_type();
    in.expect_operands(2, 2);
    const auto bits = [&]<class T>(T) {
        if (negate) return lane_handler<T, T>([](T a) { return a ^ ~(~T{0} >> 1); });
        return lane_handler<T, T>([](T a) { return a & (~T{0} >> 1); });
    };
    if (type == Type::f32 && ftz)
        in.inst.run =
            negate ? lane_handler<float, float>([](float a) { return -flushed(a); })
                   : lane_handler<float, float>([](float a) { return std::fabs(flushed(a)); });
    else if (type == Type::f32)
        in.inst.run = bits(u32{});
    else if (type == Type::f64 && !ftz)
        in.inst.run = bits(u64{});
    else
        in.fail("not for this type");
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
}

// The magnitude of b with the sign of a.
void decode_copysign(Decoder& in) {
    const Type type = in.take_type();
    in.expect_operands(3, 3);
    const auto bits = []<class T>(T) {
        return lane_handler<T, T, T>(
            [](T a, T b) { return (a & ~(~T{0} >> 1)) | (b & (~T{0} >> 1)); });
    };
    if (type == Type::f32)
        in.inst.run = bits(u32{});
    else if (type == Type::f64)
        in.inst.run = bits(u64{});
    else
        in.fail("not for this type");
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
}

void decode_testp(Decoder& in) {
    const std::size_t what =
        in.take_one({"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
    const Type type = in.take_type();
    in.expect_operands(2, 2);
    const auto choose_test = [&]<class T>(T) -> Handler {
        switch (what) {
        case 0:
            return predicate_handler<T>([](T a) { return std::isfinite(a); });
        case 1:
            return predicate_handler<T>([](T a) { return std::isinf(a); });
        case 2:
            return predicate_handler<T>([](T a) { return !std::isnan(a); });
        case 3:
            return predicate_handler<T>([](T a) { return std::isnan(a); });
        case 4:
            return predicate_handler<T>([](T a) { return std::isnormal(a); });
        default:
            return predicate_handler<T>([](T a) { return std::fpclassify(a) == FP_SUBNORMAL; });
        }
    };
    if (type == Type::f32)
        in.inst.run = choose_test(float{});
    else if (type == Type::f64)
        in.inst.run = choose_test(double{});
    else
        in.fail("not for this type");
    in.inst.d = in.predicate_destination(in.operand(0));
    in.inst.a = in.source(1, type);
}

} // namespace hone::emu
