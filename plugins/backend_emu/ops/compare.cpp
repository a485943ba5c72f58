// Comparison and selection: PTX ISA 9.7.6 and 9.7.7.
#include "ops/ops.hpp"
#include "ops/small_float.hpp"
#include "ops/types.hpp"

#include <cmath>

namespace hone::emu {
namespace {

enum class Test : u8 { eq, ne, lt, le, gt, ge, equ, neu, ltu, leu, gtu, geu, num, nan };

struct F16 {
    u16 bits;
};
struct Bf16 {
    u16 bits;
};
HONE_EMU_INLINE float number(F16 x) { return f16_value(x.bits); }
HONE_EMU_INLINE float number(Bf16 x) { return bf16_value(x.bits); }
template <class T> HONE_EMU_INLINE T number(T x) { return x; }

template <Test test, bool ftz> struct Compare {
    template <class T> HONE_EMU_INLINE bool operator()(T a, T b) const {
        const auto x = flush(number(a)), y = flush(number(b));
        const bool unordered = x != x || y != y;
        switch (test) {
        case Test::eq:
            return x == y;
        case Test::ne:
            return x != y && !unordered;
        case Test::lt:
            return x < y;
        case Test::le:
            return x <= y;
        case Test::gt:
            return x > y;
        case Test::ge:
            return x >= y;
        case Test::equ:
            return x == y || unordered;
        case Test::neu:
            return x != y || unordered;
        case Test::ltu:
            return x < y || unordered;
        case Test::leu:
            return x <= y || unordered;
        case Test::gtu:
            return x > y || unordered;
        case Test::geu:
            return x >= y || unordered;
        case Test::num:
            return !unordered;
        case Test::nan:
            return unordered;
        }
        return false;
    }
    template <class T> HONE_EMU_INLINE static T flush(T x) {
        if constexpr (ftz && std::is_same_v<T, float>)
            return std::fabs(x) < 0x1p-126f ? 0.0f : x;
        else
            return x;
    }
};

template <class Pick> Handler by_test(Test test, Pick pick) {
    switch (test) {
    case Test::eq:
        return pick.template operator()<Test::eq>();
    case Test::ne:
        return pick.template operator()<Test::ne>();
    case Test::lt:
        return pick.template operator()<Test::lt>();
    case Test::le:
        return pick.template operator()<Test::le>();
    case Test::gt:
        return pick.template operator()<Test::gt>();
    case Test::ge:
        return pick.template operator()<Test::ge>();
    case Test::equ:
        return pick.template operator()<Test::equ>();
    case Test::neu:
        return pick.template operator()<Test::neu>();
    case Test::ltu:
        return pick.template operator()<Test::ltu>();
    case Test::leu:
        return pick.template operator()<Test::leu>();
    case Test::gtu:
        return pick.template operator()<Test::gtu>();
    case Test::geu:
        return pick.template operator()<Test::geu>();
    case Test::num:
        return pick.template operator()<Test::num>();
    case Test::nan:
        return pick.template operator()<Test::nan>();
    }
    return nullptr;
}

template <class T, bool ftz> Handler compare_handler(Test test) {
    return by_test(test, []<Test which>() -> Handler {
        return predicate_handler<T, T>(Compare<which, ftz>{});
    });
}

Handler compare_handler(const Decoder& in, Type type, Test test, bool ftz) {
    switch (type) {
    case Type::f32:
        return ftz ? compare_handler<float, true>(test) : compare_handler<float, false>(test);
    case Type::f64:
        return compare_handler<double, false>(test);
    case Type::f16:
        return compare_handler<F16, false>(test);
    case Type::bf16:
        return compare_handler<Bf16, false>(test);
    default:
        return by_integer(in, type, [&]<class T>(T) { return compare_handler<T, false>(test); });
    }
}

// lo, ls, hi and hs are lt, le, gt and ge of unsigned numbers.
Test take_test(Decoder& in) {
    const int found = in.take_any({"eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu", "leu",
                                   "gtu", "geu", "num", "nan"});
    if (found >= 0) return static_cast<Test>(found);
    return static_cast<Test>(2 + in.take_one({"lo", "ls", "hi", "hs"}));
}

// Runs the comparison into scratch, then p = c op r and q = !c op r.
enum : u8 { op_none, op_and, op_or, op_xor };
LaneMask combine(u8 op, LaneMask compared, LaneMask with) {
    switch (op) {
    case op_and:
        return compared & with;
    case op_or:
        return compared | with;
    case op_xor:
        return compared ^ with;
    default:
        return compared;
    }
}

template <class Body> void with_comparison(Warp& warp, const Inst& inst, LaneMask mask, Body body) {
    const u32* list = warp.list(inst);
    Inst compare = inst;
    compare.d = list[0];
    warp.code().comparisons[static_cast<std::size_t>(inst.imm)](warp, compare, mask);
    const LaneMask compared = warp.predicate(list[0]);
    LaneMask r = list[1] == Inst::none ? 0 : warp.predicate(list[1]);
    if (inst.flags & inst_flag::negated_source) r = ~r;
    body(combine(inst.kind, compared, r), combine(inst.kind, ~compared, r));
}

// Operands from `first` on: a, b and the predicate to combine with.
void comparison(Decoder& in, std::size_t first) {
    const Test test = take_test(in);
    const u8 op = static_cast<u8>(in.take_any({"and", "or", "xor"}) + 1);
    const bool ftz = in.take("ftz");
    const Type type = in.take_type();
    in.expect_operands(first + 2 + (op != op_none), first + 2 + (op != op_none));
    in.inst.kind = op;
    in.inst.a = in.source(first, type);
    in.inst.b = in.source(first + 1, type);
    in.inst.run = compare_handler(in, type, test, ftz);
    const u32 r = op == op_none ? Inst::none : in.predicate(first + 2);
    in.inst.list = in.keep_list({in.scratch(4), r});
}

void keep_comparison(Decoder& in, Handler then) {
    auto& comparisons = in.layout().code().comparisons;
    in.inst.imm = static_cast<s64>(comparisons.size());
    comparisons.push_back(in.inst.run);
    in.inst.run = then;
}

} // namespace

void decode_setp(Decoder& in) {
    const ptx::Operand& to = in.operand(0);
    comparison(in, 1);
    in.inst.d = in.predicate_destination(to);
    in.inst.c = in.second_predicate(to);
    if (in.inst.kind == op_none && in.inst.c == Inst::none) return;
    keep_comparison(in, [](Warp& warp, const Inst& inst, LaneMask mask) {
        with_comparison(warp, inst, mask, [&](LaneMask p, LaneMask q) {
            LaneMask& d = warp.predicate(inst.d);
            d = (d & ~mask) | (p & mask);
            if (inst.c == Inst::none) return;
            LaneMask& second = warp.predicate(inst.c);
            second = (second & ~mask) | (q & mask);
        });
    });
}

namespace {

template <u16 one> void run_set_half(Warp& warp, const Inst& inst, LaneMask mask) {
    with_comparison(warp, inst, mask, [&](LaneMask p, LaneMask) {
        for (int lane = 0; lane < lanes; ++lane)
            if (mask >> lane & 1) warp.reg<u16>(inst.d)[lane] = p >> lane & 1 ? one : 0;
    });
}

// Both halves of a register by themselves; imm: the bits of "holds" in each.
template <class H, Test test> void run_set_halves(Warp& warp, const Inst& inst, LaneMask mask) {
    const u32 *a = warp.reg<u32>(inst.a), *b = warp.reg<u32>(inst.b);
    u32* d = warp.reg<u32>(inst.d);
    const u32 holds = static_cast<u32>(inst.imm);
    const auto half = [](u32 bits) { return H{static_cast<u16>(bits)}; };
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        const bool low = Compare<test, false>{}(half(a[lane]), half(b[lane]));
        const bool high = Compare<test, false>{}(half(a[lane] >> 16), half(b[lane] >> 16));
        d[lane] = (low ? holds : 0) | (high ? holds << 16 : 0);
    }
}

void decode_set_halves(Decoder& in, Test test, bool ftz, Type to, Type type) {
    in.expect_operands(3, 3);
    const bool integer = to == Type::u32 || to == Type::s32;
    if (ftz || (!integer && to != type)) in.fail("not for this type");
    in.inst.d = in.destination(0, Type::b32);
    in.inst.a = in.source(1, Type::b32);
    in.inst.b = in.source(2, Type::b32);
    in.inst.imm = integer ? 0xFFFF : type == Type::f16x2 ? 0x3C00 : 0x3F80;
    in.inst.run = by_test(test, [&]<Test fixed>() -> Handler {
        return type == Type::f16x2 ? run_set_halves<F16, fixed> : run_set_halves<Bf16, fixed>;
    });
}

} // namespace

// set: all ones or 1.0 where the comparison holds.
void decode_set(Decoder& in) {
    const Test test = take_test(in);
    const u8 op = static_cast<u8>(in.take_any({"and", "or", "xor"}) + 1);
    const bool ftz = in.take("ftz");
    const Type to = in.take_type();
    const Type type = in.take_type();
    if (op == op_none && (type == Type::f16x2 || type == Type::bf16x2))
        return decode_set_halves(in, test, ftz, to, type);
    in.expect_operands(op == op_none ? 3 : 4, op == op_none ? 3 : 4);
    in.inst.kind = op;
    in.inst.d = in.destination(0, to);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
    in.inst.run = compare_handler(in, type, test, ftz);
    in.inst.list = in.keep_list({in.scratch(4), op == op_none ? Inst::none : in.predicate(3)});
    Handler then = nullptr;
    if (to == Type::f32)
        then = [](Warp& warp, const Inst& inst, LaneMask mask) {
            with_comparison(warp, inst, mask, [&](LaneMask p, LaneMask) {
                for (int lane = 0; lane < lanes; ++lane)
                    if (mask >> lane & 1) warp.reg<float>(inst.d)[lane] = p >> lane & 1 ? 1 : 0;
            });
        };
    else if (to == Type::f16)
        then = run_set_half<0x3C00>;
    else if (to == Type::bf16)
        then = run_set_half<0x3F80>;
    else if (to == Type::u32 || to == Type::s32)
        then = [](Warp& warp, const Inst& inst, LaneMask mask) {
            with_comparison(warp, inst, mask, [&](LaneMask p, LaneMask) {
                for (int lane = 0; lane < lanes; ++lane)
                    if (mask >> lane & 1) warp.reg<u32>(inst.d)[lane] = p >> lane & 1 ? ~0u : 0;
            });
        };
    else
        in.fail("not for this type");
    keep_comparison(in, then);
}

namespace {

template <class T> void run_selp(Warp& warp, const Inst& inst, LaneMask mask) {
    LaneMask chosen = warp.predicate(inst.c);
    if (inst.flags & inst_flag::negated_source) chosen = ~chosen;
    const T *a = warp.reg<T>(inst.a), *b = warp.reg<T>(inst.b);
    T* d = warp.reg<T>(inst.d);
    for (int lane = 0; lane < lanes; ++lane)
        if (mask >> lane & 1) d[lane] = chosen >> lane & 1 ? a[lane] : b[lane];
}

} // namespace

void decode_selp(Decoder& in) {
    in.expect_operands(4, 4);
    const Type type = in.take_type();
    in.inst.run = by_width(in, type, []<class T>(T) { return Handler{run_selp<T>}; });
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
    in.inst.c = in.predicate(3);
}

// a where c >= 0, else b (NaN: b).
void decode_slct(Decoder& in) {
    in.expect_operands(4, 4);
    const bool ftz = in.take("ftz");
    const Type type = in.take_type();
    const Type by = in.take_type();
    if (by != Type::s32 && by != Type::f32) in.fail("selects by s32 or f32");
    in.inst.run = by_width(in, type, [&]<class T>(T) {
        if (by == Type::s32)
            return lane_handler<T, T, T, s32>([](T a, T b, s32 c) { return c >= 0 ? a : b; });
        if (ftz)
            return lane_handler<T, T, T, float>(
                [](T a, T b, float c) { return c > -0x1p-126f ? a : b; });
        return lane_handler<T, T, T, float>([](T a, T b, float c) { return c >= 0 ? a : b; });
    });
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
    in.inst.c = in.source(3, by);
}

} // namespace hone::emu
