// Integer arithmetic: PTX ISA 9.7.1.
#include "ops/ops.hpp"
#include "ops/types.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

namespace hone::emu {
namespace {

template <class T> using Unsigned = std::make_unsigned_t<T>;

// The type that holds any product. 16-bit operands would be promoted to a signed int.
template <class T>
using Wide = std::conditional_t<
    sizeof(T) == 8, std::conditional_t<std::is_signed_v<T>, s128, u128>,
    std::conditional_t<sizeof(T) == 4, std::conditional_t<std::is_signed_v<T>, s64, u64>,
                       std::conditional_t<std::is_signed_v<T>, s32, u32>>>;

struct Add {
    template <class T> T operator()(T a, T b) const {
        return static_cast<T>(static_cast<Unsigned<T>>(a) + static_cast<Unsigned<T>>(b));
    }
};
struct Sub {
    template <class T> T operator()(T a, T b) const {
        return static_cast<T>(static_cast<Unsigned<T>>(a) - static_cast<Unsigned<T>>(b));
    }
};
struct MulLo {
    template <class T> T operator()(T a, T b) const {
        return static_cast<T>(static_cast<u64>(a) * static_cast<u64>(b));
    }
};
struct MulHi {
    template <class T> T operator()(T a, T b) const {
        return static_cast<T>((static_cast<Wide<T>>(a) * static_cast<Wide<T>>(b)) >>
                              (8 * sizeof(T)));
    }
};
struct MulWide {
    template <class T> auto operator()(T a, T b) const {
        return static_cast<Wide<T>>(static_cast<Wide<T>>(a) * static_cast<Wide<T>>(b));
    }
};
template <class Op> struct ThenAdd {
    template <class T, class C> C operator()(T a, T b, C c) const {
        return Add{}(static_cast<C>(Op{}(a, b)), c);
    }
};
struct Div {
    template <class T> T operator()(T a, T b) const {
        if (b == 0) return static_cast<T>(-1); // unspecified by the ISA
        if constexpr (std::is_signed_v<T>)
            if (b == -1) return Sub{}(T{0}, a);
        return static_cast<T>(a / b);
    }
};
struct Rem {
    template <class T> T operator()(T a, T b) const {
        if (b == 0) return a;
        if constexpr (std::is_signed_v<T>)
            if (b == -1) return T{0};
        return static_cast<T>(a % b);
    }
};

s32 saturated(s64 value) {
    return static_cast<s32>(
        std::clamp<s64>(value, std::numeric_limits<s32>::min(), std::numeric_limits<s32>::max()));
}

// Two 16-bit halves.
template <class T, class Op> struct Halves {
    u32 operator()(u32 a, u32 b) const {
        const auto low = static_cast<u16>(Op{}(static_cast<T>(a), static_cast<T>(b)));
        const auto high = static_cast<u16>(Op{}(static_cast<T>(a >> 16), static_cast<T>(b >> 16)));
        return low | static_cast<u32>(high) << 16;
    }
};
struct Min {
    template <class T> T operator()(T a, T b) const { return std::min(a, b); }
};
struct Max {
    template <class T> T operator()(T a, T b) const { return std::max(a, b); }
};
template <class Op> struct ThenRelu {
    template <class T> T operator()(T a, T b) const { return std::max<T>(Op{}(a, b), 0); }
};

template <class Op> void binary(Decoder& in, Type type) {
    in.expect_operands(3, 3);
    if (type == Type::u16x2)
        in.inst.run = lane_handler<u32, u32, u32>(Halves<u16, Op>{});
    else if (type == Type::s16x2)
        in.inst.run = lane_handler<u32, u32, u32>(Halves<s16, Op>{});
    else
        in.inst.run = by_integer(in, type, []<class T>(T) { return lane_handler<T, T, T>(Op{}); });
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
}

// add.cc, addc, sub.cc, subc, mad.lo.cc, madc.hi, ...
enum : u8 { carry_in = 1, carry_out = 2, subtract = 4, times_low = 8, times_high = 16 };
template <class T> void with_carry(Warp& warp, const Inst& inst, LaneMask mask) {
    using U = Unsigned<T>;
    T* d = warp.reg<T>(inst.d);
    LaneMask out = 0;
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        const T a = warp.reg<T>(inst.a)[lane], b = warp.reg<T>(inst.b)[lane];
        U x = static_cast<U>(a), y = static_cast<U>(b);
        if (inst.kind & (times_low | times_high)) {
            x = static_cast<U>(inst.kind & times_high ? MulHi{}(a, b) : MulLo{}(a, b));
            y = warp.reg<U>(inst.c)[lane];
        }
        const U in = inst.kind & carry_in ? (warp.carry >> lane & 1) : 0;
        U result;
        bool carry;
        if (inst.kind & subtract) {
            result = static_cast<U>(x - y - in);
            carry = x < y || (x == y && in);
        } else {
            result = static_cast<U>(x + y + in);
            carry = result < x || (in && result == x);
        }
        d[lane] = static_cast<T>(result);
        out |= static_cast<LaneMask>(carry) << lane;
    }
    if (inst.kind & carry_out) warp.carry = (warp.carry & ~mask) | (out & mask);
}

void carried(Decoder& in, u8 kind) {
    const Type type = in.take_type();
    if (in.take("cc")) kind |= carry_out;
    const bool product = kind & (times_low | times_high);
    in.expect_operands(product ? 4 : 3, product ? 4 : 3);
    in.inst.kind = kind;
    in.inst.run = by_integer(in, type, []<class T>(T) { return Handler{with_carry<T>}; });
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
    if (product) in.inst.c = in.source(3, type);
}

bool has(const Decoder& in, std::string_view modifier) {
    const auto& all = in.parsed().modifiers;
    return std::find(all.begin(), all.end(), modifier) != all.end();
}

} // namespace

void decode_add_integer(Decoder& in) {
    if (has(in, "cc")) return carried(in, 0);
    const Type type = in.take_type();
    if (in.take("sat")) {
        if (type != Type::s32) in.fail(".sat is for s32");
        in.expect_operands(3, 3);
        in.inst.run =
            lane_handler<s32, s32, s32>([](s32 a, s32 b) { return saturated(s64{a} + b); });
        in.inst.d = in.destination(0, type);
        in.inst.a = in.source(1, type);
        in.inst.b = in.source(2, type);
        return;
    }
    binary<Add>(in, type);
}

void decode_sub_integer(Decoder& in) {
    if (has(in, "cc")) return carried(in, subtract);
    const Type type = in.take_type();
    if (in.take("sat")) {
        if (type != Type::s32) in.fail(".sat is for s32");
        in.expect_operands(3, 3);
        in.inst.run =
            lane_handler<s32, s32, s32>([](s32 a, s32 b) { return saturated(s64{a} - b); });
        in.inst.d = in.destination(0, type);
        in.inst.a = in.source(1, type);
        in.inst.b = in.source(2, type);
        return;
    }
    binary<Sub>(in, type);
}

void decode_addc(Decoder& in) { carried(in, carry_in); }
void decode_subc(Decoder& in) { carried(in, carry_in | subtract); }

void decode_mul_integer(Decoder& in) {
    const std::size_t part = in.take_one({"lo", "hi", "wide"});
    if (part == 0) return binary<MulLo>(in, in.take_type());
    if (part == 1) return binary<MulHi>(in, in.take_type());
    const Type type = in.take_type();
    in.expect_operands(3, 3);
    Type wide = Type::u32;
    switch (type) {
    case Type::u16:
        in.inst.run = lane_handler<u32, u16, u16>(MulWide{});
        break;
    case Type::s16:
        in.inst.run = lane_handler<s32, s16, s16>(MulWide{});
        wide = Type::s32;
        break;
    case Type::u32:
        in.inst.run = lane_handler<u64, u32, u32>(MulWide{});
        wide = Type::u64;
        break;
    case Type::s32:
        in.inst.run = lane_handler<s64, s32, s32>(MulWide{});
        wide = Type::s64;
        break;
    default:
        in.fail(".wide is for 16 and 32 bits");
    }
    in.inst.d = in.destination(0, wide);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
}

void decode_mad_integer(Decoder& in) {
    const std::size_t part = in.take_one({"lo", "hi", "wide"});
    if (has(in, "cc")) return carried(in, part ? times_high : times_low);
    const Type type = in.take_type();
    in.expect_operands(4, 4);
    Type sum = type;
    if (in.take("sat")) {
        if (type != Type::s32 || part != 1) in.fail(".sat is for mad.hi.s32");
        in.inst.run = lane_handler<s32, s32, s32, s32>(
            [](s32 a, s32 b, s32 c) { return saturated(s64{MulHi{}(a, b)} + c); });
    } else if (part == 2) {
        switch (type) {
        case Type::u16:
            in.inst.run = lane_handler<u32, u16, u16, u32>(ThenAdd<MulWide>{});
            sum = Type::u32;
            break;
        case Type::s16:
            in.inst.run = lane_handler<s32, s16, s16, s32>(ThenAdd<MulWide>{});
            sum = Type::s32;
            break;
        case Type::u32:
            in.inst.run = lane_handler<u64, u32, u32, u64>(ThenAdd<MulWide>{});
            sum = Type::u64;
            break;
        case Type::s32:
            in.inst.run = lane_handler<s64, s32, s32, s64>(ThenAdd<MulWide>{});
            sum = Type::s64;
            break;
        default:
            in.fail(".wide is for 16 and 32 bits");
        }
    } else if (part == 1) {
        in.inst.run = by_integer(
            in, type, []<class T>(T) { return lane_handler<T, T, T, T>(ThenAdd<MulHi>{}); });
    } else {
        in.inst.run = by_integer(
            in, type, []<class T>(T) { return lane_handler<T, T, T, T>(ThenAdd<MulLo>{}); });
    }
    in.inst.d = in.destination(0, sum);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
    in.inst.c = in.source(3, sum);
}

void decode_madc(Decoder& in) {
    carried(in, static_cast<u8>(carry_in | (in.take_one({"lo", "hi"}) ? times_high : times_low)));
}

// The low 24 bits of each factor, signed as the type says.
void decode_mul24(Decoder& in) {
    const bool high = in.take_one({"lo", "hi"}) == 1;
    const Type type = in.take_type();
    const bool add = in.opcode() == "mad24";
    in.expect_operands(add ? 4 : 3, add ? 4 : 3);
    struct Cut {
        static s64 of(s32 x) { return static_cast<s32>(static_cast<u32>(x) << 8) >> 8; }
        static u64 of(u32 x) { return x & 0xFFFFFF; }
    };
    const auto low_of = []<class T>(T a, T b) { return static_cast<T>(Cut::of(a) * Cut::of(b)); };
    const auto high_of = []<class T>(T a, T b) {
        return static_cast<T>((Cut::of(a) * Cut::of(b)) >> 16);
    };
    const auto choose = [&]<class T>(T) {
        if (!add && !high) return lane_handler<T, T, T>(low_of);
        if (!add) return lane_handler<T, T, T>(high_of);
        if (!high)
            return lane_handler<T, T, T, T>(
                [](T a, T b, T c) { return Add{}(decltype(low_of){}(a, b), c); });
        return lane_handler<T, T, T, T>(
            [](T a, T b, T c) { return Add{}(decltype(high_of){}(a, b), c); });
    };
    in.inst.run = by_word(in, type, choose);
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
    if (add) in.inst.c = in.source(3, type);
}

void decode_div_integer(Decoder& in) { binary<Div>(in, in.take_type()); }
void decode_rem(Decoder& in) { binary<Rem>(in, in.take_type()); }

void decode_min_integer(Decoder& in) {
    const Type type = in.take_type();
    if (in.take("relu")) return binary<ThenRelu<Min>>(in, type);
    binary<Min>(in, type);
}
void decode_max_integer(Decoder& in) {
    const Type type = in.take_type();
    if (in.take("relu")) return binary<ThenRelu<Max>>(in, type);
    binary<Max>(in, type);
}

void decode_abs_neg_integer(Decoder& in) {
    const Type type = in.take_type();
    in.expect_operands(2, 2);
    if (!is_signed(type)) in.fail("for signed types");
    const bool negate = in.opcode() == "neg";
    in.inst.run = by_integer(in, type, [&]<class T>(T) {
        if (negate) return lane_handler<T, T>([](T a) { return Sub{}(T{0}, a); });
        return lane_handler<T, T>([](T a) { return a < 0 ? Sub{}(T{0}, a) : a; });
    });
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
}

// |a - b| + c
void decode_sad(Decoder& in) {
    const Type type = in.take_type();
    in.expect_operands(4, 4);
    in.inst.run = by_integer(in, type, []<class T>(T) {
        return lane_handler<T, T, T, T>(
            [](T a, T b, T c) { return Add{}(c, a < b ? Sub{}(b, a) : Sub{}(a, b)); });
    });
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
    in.inst.c = in.source(3, type);
}

} // namespace hone::emu
