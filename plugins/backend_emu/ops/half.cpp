// f16, bf16 and pairs of them: PTX ISA 9.7.4 and 9.7.5.
#include "ops/ops.hpp"
#include "ops/small_float.hpp"
#include "ops/types.hpp"

#include <bit>
#include <cmath>

namespace hone::emu {
namespace {

enum : u16 {
    saturates = 1 << 8,
    relus = 1 << 9,
    flushes = 1 << 10,
    keeps_nan = 1 << 11,
    xor_sign = 1 << 12
};

struct F16 {
    static float value(u16 bits) { return f16_value(bits); }
    static u16 nearest(float x) { return f16_nearest(x); }
    static u16 rounded(double x) {
        return static_cast<u16>(round_to(f16_format, x, Rounding::nearest, false));
    }
    static constexpr u16 least_normal = 0x0400;
};
struct Bf16 {
    static float value(u16 bits) { return bf16_value(bits); }
    static u16 nearest(float x) { return bf16_nearest(x); }
    static u16 rounded(double x) {
        return static_cast<u16>(round_to(bf16_format, x, Rounding::nearest, false));
    }
    static constexpr u16 least_normal = 0x0080;
};

constexpr u16 nan_bits = 0x7FFF;

template <class H> u16 flushed(u16 bits) {
    return (bits & 0x7FFF) < H::least_normal ? static_cast<u16>(bits & 0x8000) : bits;
}
template <class H> bool is_nan(u16 bits) { return std::isnan(H::value(bits)); }

template <class H> u16 modified(u16 bits, u16 flags) {
    if (flags & flushes) bits = flushed<H>(bits);
    if (flags & saturates) {
        const float x = H::value(bits);
        bits = x > 0 ? (x < 1 ? bits : H::nearest(1)) : 0;
    }
    if ((flags & relus) && (bits & 0x8000) && !is_nan<H>(bits)) bits = 0;
    return bits;
}

// Sums and products of two 8- or 11-bit numbers in f32: rounding twice changes nothing
// (24 >= 2 * 11 + 2).
struct Add {
    template <class H> static u16 of(u16 a, u16 b, u16, u16) {
        return H::nearest(H::value(a) + H::value(b));
    }
};
struct Sub {
    template <class H> static u16 of(u16 a, u16 b, u16, u16) {
        return H::nearest(H::value(a) - H::value(b));
    }
};
struct Mul {
    template <class H> static u16 of(u16 a, u16 b, u16, u16) {
        return H::nearest(H::value(a) * H::value(b));
    }
};
struct Fma {
    template <class H> static u16 of(u16 a, u16 b, u16 c, u16) {
        const double product = static_cast<double>(H::value(a)) * H::value(b); // exact
        return H::rounded(odd_sum(product, H::value(c)));
    }
};
template <bool is_max> struct Extreme {
    template <class H> static u16 of(u16 a, u16 b, u16, u16 flags) {
        const u16 sign = (a ^ b) & 0x8000;
        if (flags & xor_sign) {
            a &= 0x7FFF;
            b &= 0x7FFF;
        }
        u16 out;
        if (is_nan<H>(a) || is_nan<H>(b)) {
            if ((flags & keeps_nan) || (is_nan<H>(a) && is_nan<H>(b))) return nan_bits;
            out = is_nan<H>(a) ? b : a;
        } else if (H::value(a) == H::value(b)) {
            out = static_cast<bool>(a & 0x8000) == is_max ? b : a;
        } else {
            out = (H::value(a) < H::value(b)) == is_max ? b : a;
        }
        return flags & xor_sign ? static_cast<u16>((out & 0x7FFF) | sign) : out;
    }
};
struct Abs {
    template <class H> static u16 of(u16 a, u16, u16, u16) { return a & 0x7FFF; }
};
struct Neg {
    template <class H> static u16 of(u16 a, u16, u16, u16) { return a ^ 0x8000; }
};
struct Exp2 {
    template <class H> static u16 of(u16 a, u16, u16, u16) {
        return H::rounded(std::exp2(static_cast<double>(H::value(a))));
    }
};
struct Tanh {
    template <class H> static u16 of(u16 a, u16, u16, u16) {
        return H::rounded(std::tanh(static_cast<double>(H::value(a))));
    }
};

// Missing operands repeat the first one. W: one half or two in a register.
template <class Op, class H, class W> void run(Warp& warp, const Inst& inst, LaneMask mask) {
    const W *a = warp.reg<W>(inst.a), *b = warp.reg<W>(inst.b), *c = warp.reg<W>(inst.c);
    W* d = warp.reg<W>(inst.d);
    const u16 flags = inst.flags;
    const auto in = [&](W x) {
        const auto bits = static_cast<u16>(x);
        return flags & flushes ? flushed<H>(bits) : bits;
    };
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        W out =
            modified<H>(Op::template of<H>(in(a[lane]), in(b[lane]), in(c[lane]), flags), flags);
        if constexpr (sizeof(W) == 4) {
            const u16 high = modified<H>(
                Op::template of<H>(in(a[lane] >> 16), in(b[lane] >> 16), in(c[lane] >> 16), flags),
                flags);
            out |= static_cast<W>(high) << 16;
        }
        d[lane] = out;
    }
}

template <class Op> void decode(Decoder& in, std::size_t count) {
    if (in.take("ftz")) in.inst.flags |= flushes;
    if (in.take("sat")) in.inst.flags |= saturates;
    if (in.take("relu")) in.inst.flags |= relus;
    const Type type = in.take_type();
    in.expect_operands(count + 1, count + 1);
    switch (type) {
    case Type::f16:
        in.inst.run = run<Op, F16, u16>;
        break;
    case Type::bf16:
        in.inst.run = run<Op, Bf16, u16>;
        break;
    case Type::f16x2:
        in.inst.run = run<Op, F16, u32>;
        break;
    case Type::bf16x2:
        in.inst.run = run<Op, Bf16, u32>;
        break;
    default:
        in.fail("not for this type");
    }
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = count > 1 ? in.source(2, type) : in.inst.a;
    in.inst.c = count > 2 ? in.source(3, type) : in.inst.a;
}

} // namespace

void decode_half_arithmetic(Decoder& in) {
    bool given = false;
    if (in.take_rounding(given) != Rounding::nearest) in.fail("rounds to nearest only");
    if (in.opcode() == "add") return decode<Add>(in, 2);
    if (in.opcode() == "sub") return decode<Sub>(in, 2);
    if (in.opcode() == "mul") return decode<Mul>(in, 2);
    decode<Fma>(in, 3);
}

void decode_half_min_max(Decoder& in) {
    if (in.take("NaN")) in.inst.flags |= keeps_nan;
    if (in.take("xorsign")) {
        (void)in.take_one({"abs"});
        in.inst.flags |= xor_sign;
    }
    if (in.opcode() == "max") return decode<Extreme<true>>(in, 2);
    decode<Extreme<false>>(in, 2);
}

void decode_half_abs_neg(Decoder& in) {
    if (in.opcode() == "abs") return decode<Abs>(in, 1);
    decode<Neg>(in, 1);
}

void decode_half_transcendental(Decoder& in) {
    (void)in.take_one({"approx"});
    if (in.opcode() == "ex2") return decode<Exp2>(in, 1);
    decode<Tanh>(in, 1);
}

} // namespace hone::emu
