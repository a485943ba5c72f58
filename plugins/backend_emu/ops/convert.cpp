// cvt: PTX ISA 9.7.9.21. Compiled so that the rounding mode may change.
#include "ops/ops.hpp"
#include "ops/small_float.hpp"
#include "ops/types.hpp"

#include <bit>
#include <cfenv>
#include <cmath>
#include <limits>

namespace hone::emu {
namespace {

// How to convert, kept in Inst: kind = from, bytes = to, imm = Rounding and the bits below, target
// = bytes of a source lane and, times 16, of a destination lane.
enum : u32 { to_whole = 1 << 8, sat = 1 << 9, ftz = 1 << 10, relu = 1 << 11, finite = 1 << 12 };

u64 lane_bits(const Warp& warp, u32 offset, u32 bytes, int lane) {
    switch (bytes) {
    case 2:
        return warp.reg<u16>(offset)[lane];
    case 4:
        return warp.reg<u32>(offset)[lane];
    default:
        return warp.reg<u64>(offset)[lane];
    }
}
void set_lane(const Warp& warp, u32 offset, u32 bytes, int lane, u64 bits) {
    switch (bytes) {
    case 2:
        warp.reg<u16>(offset)[lane] = static_cast<u16>(bits);
        return;
    case 4:
        warp.reg<u32>(offset)[lane] = static_cast<u32>(bits);
        return;
    default:
        warp.reg<u64>(offset)[lane] = bits;
        return;
    }
}

u64 extended(u64 bits, Type type) {
    const u32 unused = 64 - 8 * bytes_of(type);
    return is_signed(type) ? static_cast<u64>(static_cast<s64>(bits << unused) >> unused)
                           : bits << unused >> unused;
}

double flushed(double x) { return std::fabs(x) < 0x1p-126 ? std::copysign(0.0, x) : x; }

Format format_of(Type type) {
    switch (type) {
    case Type::f16:
    case Type::f16x2:
        return f16_format;
    case Type::bf16:
    case Type::bf16x2:
        return bf16_format;
    case Type::e4m3:
    case Type::e4m3x2:
        return e4m3_format;
    case Type::e5m2:
    case Type::e5m2x2:
        return e5m2_format;
    case Type::tf32:
        return tf32_format;
    default:
        return f32_format;
    }
}

double float_value(u64 bits, Type type) {
    if (type == Type::f32) return std::bit_cast<float>(static_cast<u32>(bits));
    if (type == Type::f64) return std::bit_cast<double>(bits);
    return value_of(format_of(type), static_cast<u32>(bits));
}

u64 float_bits(double value, Type type, Rounding rounding, u32 how) {
    if (how & sat) value = value > 0 ? (value < 1 ? value : 1) : 0;
    if ((how & relu) && !(value > 0) && !std::isnan(value)) value = 0;
    if (type == Type::f64) return std::bit_cast<u64>(value);
    if (type == Type::tf32) {
        const u32 bits = round_to(tf32_format, value, rounding, how & finite);
        return std::isnan(value) ? 0x7FFFFFFF : bits << 13;
    }
    if (type == Type::f32) {
        if (std::isnan(value)) return 0x7FFFFFFF;
        const u32 bits = round_to(f32_format, value, rounding, false);
        return (how & ftz) && (bits & 0x7FFFFFFF) < 0x00800000 ? bits & 0x80000000 : bits;
    }
    if ((type == Type::e4m3 || type == Type::e5m2) && std::isnan(value)) return 0x7F;
    return round_to(format_of(type), value, rounding, how & finite);
}

double whole(double value, Rounding rounding) {
    switch (rounding) {
    case Rounding::zero:
        return std::trunc(value);
    case Rounding::down:
        return std::floor(value);
    case Rounding::up:
        return std::ceil(value);
    default:
        return std::nearbyint(value);
    }
}

u64 integer_bits(double value, Type type) {
    if (std::isnan(value)) return 0;
    const int bits = 8 * static_cast<int>(bytes_of(type));
    const double top = std::ldexp(1.0, is_signed(type) ? bits - 1 : bits);
    if (value >= top) return is_signed(type) ? (u64{1} << (bits - 1)) - 1 : ~u64{0} >> (64 - bits);
    if (is_signed(type))
        return value < -top ? ~u64{0} << (bits - 1) : static_cast<u64>(static_cast<s64>(value));
    return value <= 0 ? 0 : static_cast<u64>(value);
}

// Integers to f32 and f64 are rounded by the processor, under the mode asked for.
double from_integer(u64 bits, Type from, Type to, Rounding rounding) {
    static constexpr int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
    const int before = std::fegetround();
    std::fesetround(modes[static_cast<int>(rounding) & 3]);
    // Through memory: the conversion may not move past the calls.
    volatile u64 source = bits;
    double value;
    if (to == Type::f64) {
        volatile double made = is_signed(from) ? static_cast<double>(static_cast<s64>(source))
                                               : static_cast<double>(static_cast<u64>(source));
        value = made;
    } else {
        volatile float made = is_signed(from) ? static_cast<float>(static_cast<s64>(source))
                                              : static_cast<float>(static_cast<u64>(source));
        value = made;
    }
    std::fesetround(before);
    return value;
}

u64 converted(u64 bits, Type from, Type to, u32 how) {
    const auto rounding = static_cast<Rounding>(how & 0xFF);
    if (!is_float(from) && from < Type::e4m3) {
        bits = extended(bits, from);
        if (is_float(to)) {
            // f16 and bf16 from an integer: exact in double up to 53 bits, to odd beyond.
            if (to == Type::f32 || to == Type::f64)
                return float_bits(from_integer(bits, from, to, rounding), to, rounding, how);
            const double top = static_cast<double>(
                is_signed(from) ? static_cast<double>(static_cast<s64>(bits) >> 32)
                                : static_cast<double>(bits >> 32));
            return float_bits(odd_sum(top * 0x1p32, static_cast<double>(bits & 0xFFFFFFFF)), to,
                              rounding, how);
        }
        if (how & sat) {
            const int width = 8 * static_cast<int>(bytes_of(to));
            const bool negative = is_signed(from) && static_cast<s64>(bits) < 0;
            if (is_signed(to)) {
                const s64 most = static_cast<s64>((u64{1} << (width - 1)) - 1);
                if (!negative && bits > static_cast<u64>(most)) bits = static_cast<u64>(most);
                if (negative && static_cast<s64>(bits) < -most - 1)
                    bits = static_cast<u64>(-most - 1);
            } else {
                const u64 most = ~u64{0} >> (64 - width);
                if (negative) bits = 0;
                if (!negative && bits > most) bits = most;
            }
        }
        return extended(bits, to);
    }
    double value = float_value(bits, from);
    if ((how & ftz) && from == Type::f32) value = flushed(value);
    if (how & to_whole) value = whole(value, rounding);
    if (is_float(to) || to >= Type::e4m3) return float_bits(value, to, rounding, how);
    return extended(integer_bits(value, to), to);
}

void run_convert(Warp& warp, const Inst& inst, LaneMask mask) {
    const auto from = static_cast<Type>(inst.kind), to = static_cast<Type>(inst.bytes);
    const u32 how = static_cast<u32>(inst.imm), in = inst.target & 15, out = inst.target >> 4;
    for (int lane = 0; lane < lanes; ++lane)
        if (mask >> lane & 1)
            set_lane(warp, inst.d, out, lane,
                     converted(lane_bits(warp, inst.a, in, lane), from, to, how));
}

// Two values into one register: the first operand is the high half.
void run_convert_pair(Warp& warp, const Inst& inst, LaneMask mask) {
    const auto to = static_cast<Type>(inst.bytes);
    const u32 how = static_cast<u32>(inst.imm), out = inst.target >> 4;
    const u32 bits = 4 * bytes_of(to); // of one
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        const auto one = [&](u32 offset) {
            double value = warp.reg<float>(offset)[lane];
            if (how & ftz) value = flushed(value);
            const Type part = to == Type::e4m3x2   ? Type::e4m3
                              : to == Type::e5m2x2 ? Type::e5m2
                                                   : to;
            return float_bits(value, part, static_cast<Rounding>(how & 0xFF), how);
        };
        set_lane(warp, inst.d, out, lane, one(inst.a) << bits | one(inst.b));
    }
}

// Pairs to pairs: fp8 from and to f16.
void run_convert_packed(Warp& warp, const Inst& inst, LaneMask mask) {
    const auto part = [](Type type) {
        switch (type) {
        case Type::e4m3x2:
            return Type::e4m3;
        case Type::e5m2x2:
            return Type::e5m2;
        case Type::bf16x2:
            return Type::bf16;
        default:
            return Type::f16;
        }
    };
    const Type from = part(static_cast<Type>(inst.kind)), to = part(static_cast<Type>(inst.bytes));
    const u32 in_bits = 8 * bytes_of(from), out_bits = 8 * bytes_of(to);
    const u32 how = static_cast<u32>(inst.imm), in = inst.target & 15, out = inst.target >> 4;
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        const u64 bits = lane_bits(warp, inst.a, in, lane);
        const auto one = [&](u64 x) {
            return float_bits(float_value(x & ((1u << in_bits) - 1), from), to,
                              static_cast<Rounding>(how & 0xFF), how);
        };
        set_lane(warp, inst.d, out, lane, one(bits >> in_bits) << out_bits | one(bits));
    }
}

template <u16 (*function)(float)>
void run_pair_nearest(Warp& warp, const Inst& inst, LaneMask mask) {
    const float *a = warp.reg<float>(inst.a), *b = warp.reg<float>(inst.b);
    u32* d = warp.reg<u32>(inst.d);
    for (int lane = 0; lane < lanes; ++lane)
        if (mask >> lane & 1)
            d[lane] = static_cast<u32>(function(a[lane])) << 16 | function(b[lane]);
}

} // namespace

void decode_cvt(Decoder& in) {
    if (in.take("pack")) return decode_cvt_pack(in);
    bool rounds = false;
    Rounding rounding = in.take_rounding(rounds);
    u32 how = 0;
    if (in.take("rna")) rounding = Rounding::away;
    if (const int found = in.take_any({"rni", "rzi", "rmi", "rpi"}); found >= 0) {
        rounding = static_cast<Rounding>(found);
        how |= to_whole;
    }
    if (in.take("ftz")) how |= ftz;
    if (in.take("satfinite")) how |= finite;
    if (in.take("relu")) how |= relu;
    if (in.take("sat")) how |= sat;
    const Type to = in.take_type(), from = in.take_type();
    if (!is_float(to) && to < Type::e4m3 && (is_float(from))) how |= to_whole;
    in.inst.imm = static_cast<s64>(how | static_cast<u32>(rounding));
    in.inst.kind = static_cast<u8>(from);
    in.inst.bytes = static_cast<u8>(to);

    const bool pair =
        to == Type::f16x2 || to == Type::bf16x2 || to == Type::e4m3x2 || to == Type::e5m2x2;
    if (pair && from == Type::f32) {
        in.expect_operands(3, 3);
        in.inst.d = in.destination(0, to);
        in.inst.a = in.source(1, Type::f32);
        in.inst.b = in.source(2, Type::f32);
        in.inst.target = in.lane_bytes(in.operand(0)) << 4;
        in.inst.run = run_convert_pair;
        if (how == 0 && rounding == Rounding::nearest && to == Type::bf16x2)
            in.inst.run = run_pair_nearest<bf16_nearest>;
        if (how == 0 && rounding == Rounding::nearest && to == Type::f16x2)
            in.inst.run = run_pair_nearest<f16_nearest>;
        return;
    }
    in.expect_operands(2, 2);
    // Registers may be wider than the types.
    in.inst.d = in.destination(in.operand(0), to, true);
    in.inst.a = in.wide_source(1, from);
    const u32 in_bytes = in.lane_bytes(in.operand(1)), out_bytes = in.lane_bytes(in.operand(0));
    in.inst.target = (in_bytes ? in_bytes : std::max(2u, bytes_of(from))) |
                     (out_bytes ? out_bytes : std::max(2u, bytes_of(to))) << 4;
    if (pair || from == Type::e4m3x2 || from == Type::e5m2x2) {
        if (!pair || bytes_of(to) == bytes_of(from)) in.fail("not between these types");
        in.inst.run = run_convert_packed;
        return;
    }
    if (from == Type::pred || to == Type::pred || from == Type::f16x2 || from == Type::bf16x2 ||
        (from >= Type::b8 && from <= Type::b128) || (to >= Type::b8 && to <= Type::b128))
        in.fail("not between these types");
    in.inst.run = run_convert;
    const bool plain = how == 0 && in.inst.target == (bytes_of(from) | bytes_of(to) << 4);
    if (plain && from == Type::f16 && to == Type::f32)
        in.inst.run = lane_handler<float, u16>([](u16 a) { return f16_value(a); });
    if (plain && from == Type::bf16 && to == Type::f32)
        in.inst.run = lane_handler<float, u16>([](u16 a) { return bf16_value(a); });
    if (plain && rounding == Rounding::nearest && from == Type::f32 && to == Type::bf16)
        in.inst.run = lane_handler<u16, float>([](float a) { return bf16_nearest(a); });
    if (plain && rounding == Rounding::nearest && from == Type::f32 && to == Type::f16)
        in.inst.run = lane_handler<u16, float>([](float a) { return f16_nearest(a); });
    if (plain && rounding == Rounding::nearest && from == Type::s32 && to == Type::f32)
        in.inst.run = lane_handler<float, s32>([](s32 a) { return static_cast<float>(a); });
    if (plain && from == Type::u32 && to == Type::u64)
        in.inst.run = lane_handler<u64, u32>([](u32 a) { return u64{a}; });
    if (plain && from == Type::s32 && to == Type::s64)
        in.inst.run = lane_handler<s64, s32>([](s32 a) { return s64{a}; });
    if (plain && from == Type::u64 && to == Type::u32)
        in.inst.run = lane_handler<u32, u64>([](u64 a) { return static_cast<u32>(a); });
}

// cvt.pack.sat.u8.s32.b32 d, a, b, c: two saturated values below the low bits of c.
void decode_cvt_pack(Decoder& in) {
    (void)in.take_one({"sat"});
    const std::size_t what = in.take_one({"u8", "s8", "u16", "s16"});
    const Type from = in.take_type();
    if (from != Type::s32) in.fail("converts s32");
    const bool third = in.take("b32");
    in.expect_operands(third ? 4 : 3, third ? 4 : 3);
    in.inst.kind = static_cast<u8>(what);
    in.inst.d = in.destination(0, Type::b32);
    in.inst.a = in.source(1, Type::s32);
    in.inst.b = in.source(2, Type::s32);
    in.inst.c = third ? in.source(3, Type::b32) : in.constant(0, 4);
    in.inst.run = [](Warp& warp, const Inst& inst, LaneMask mask) {
        static constexpr s32 low[] = {0, -128, 0, -32768}, high[] = {255, 127, 65535, 32767};
        const u32 bits = inst.kind < 2 ? 8 : 16, field = (1u << bits) - 1;
        for (int lane = 0; lane < lanes; ++lane) {
            if (!(mask >> lane & 1)) continue;
            const auto clamp = [&](u32 offset) {
                return static_cast<u32>(std::clamp(warp.reg<s32>(offset)[lane], low[inst.kind],
                                                   high[inst.kind])) &
                       field;
            };
            const u32 pair = clamp(inst.a) << bits | clamp(inst.b);
            const u32 rest = bits == 8 ? warp.reg<u32>(inst.c)[lane] << 16 : 0;
            warp.reg<u32>(inst.d)[lane] = pair | rest;
        }
    };
}

} // namespace hone::emu
