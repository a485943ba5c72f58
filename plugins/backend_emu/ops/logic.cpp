// Logic and shifts: PTX ISA 9.7.8.
#include "ops/ops.hpp"
#include "ops/types.hpp"

#include <type_traits>

namespace hone::emu {
namespace {

// Operations on whole predicates: a predicate is a mask.
template <class Op> void predicate_logic(Warp& warp, const Inst& inst, LaneMask mask) {
    LaneMask a = warp.predicate(inst.a), b = warp.predicate(inst.b);
    if (inst.kind & 1) a = ~a;
    if (inst.kind & 2) b = ~b;
    LaneMask& d = warp.predicate(inst.d);
    d = (d & ~mask) | (Op{}(a, b) & mask);
}

void predicate_operands(Decoder& in, bool two) {
    in.inst.d = in.predicate_destination(in.operand(0));
    in.inst.a = in.inst.b = in.predicate(1);
    u8 negated = in.inst.flags & inst_flag::negated_source ? 3 : 0;
    if (two) {
        negated &= 1;
        in.inst.flags = 0;
        in.inst.b = in.predicate(2);
        if (in.inst.flags & inst_flag::negated_source) negated |= 2;
    }
    in.inst.kind = negated;
}

template <class Op> void logic(Decoder& in) {
    in.expect_operands(3, 3);
    const Type type = in.take_type();
    if (type == Type::pred) {
        in.inst.run = predicate_logic<Op>;
        return predicate_operands(in, true);
    }
    in.inst.run = by_width(in, type, []<class T>(T) { return lane_handler<T, T, T>(Op{}); });
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
}

struct And {
    template <class T> T operator()(T a, T b) const { return a & b; }
};
struct Or {
    template <class T> T operator()(T a, T b) const { return a | b; }
};
struct Xor {
    template <class T> T operator()(T a, T b) const { return a ^ b; }
};

// The function of three bits is a table of eight; evaluated as sums of minterms.
template <class T> T lop3(T a, T b, T c, u32 table) {
    T out = 0;
    for (u32 i = 0; i < 8; ++i)
        if (table >> i & 1)
            out |= (i & 4 ? a : static_cast<T>(~a)) & (i & 2 ? b : static_cast<T>(~b)) &
                   (i & 1 ? c : static_cast<T>(~c));
    return out;
}
template <bool predicate> void run_lop3(Warp& warp, const Inst& inst, LaneMask mask) {
    u32 out[lanes];
    const u32 *a = warp.reg<u32>(inst.a), *b = warp.reg<u32>(inst.b), *c = warp.reg<u32>(inst.c);
    const u32 table = inst.kind;
    for (int lane = 0; lane < lanes; ++lane) out[lane] = 0;
    for (u32 i = 0; i < 8; ++i) {
        if (!(table >> i & 1)) continue;
        const u32 na = i & 4 ? 0 : ~0u, nb = i & 2 ? 0 : ~0u, nc = i & 1 ? 0 : ~0u;
        for (int lane = 0; lane < lanes; ++lane)
            out[lane] |= (a[lane] ^ na) & (b[lane] ^ nb) & (c[lane] ^ nc);
    }
    u32* d = warp.reg<u32>(inst.d);
    LaneMask set = 0;
    for (int lane = 0; lane < lanes; ++lane) {
        if (mask >> lane & 1) d[lane] = out[lane];
        set |= static_cast<LaneMask>(out[lane] != 0) << lane;
    }
    if constexpr (predicate) { // p = (d != 0) op q
        const u32* list = warp.list(inst);
        LaneMask q = warp.predicate(list[1]);
        if (inst.flags & inst_flag::negated_source) q = ~q;
        const LaneMask value = inst.imm ? set & q : set | q;
        LaneMask& p = warp.predicate(list[0]);
        p = (p & ~mask) | (value & mask);
    }
}

u64 funnel(u32 low, u32 high) { return u64{high} << 32 | low; }
u32 limited(u32 amount, bool wrap) { return wrap ? amount & 31 : (amount > 32 ? 32 : amount); }

} // namespace

void decode_and(Decoder& in) { logic<And>(in); }
void decode_or(Decoder& in) { logic<Or>(in); }
void decode_xor(Decoder& in) { logic<Xor>(in); }

void decode_not(Decoder& in) {
    in.expect_operands(2, 2);
    const Type type = in.take_type();
    const bool cnot = in.opcode() == "cnot";
    if (type == Type::pred) {
        if (cnot) in.fail("not for predicates");
        in.inst.run = predicate_logic<decltype([](LaneMask a, LaneMask) { return ~a; })>;
        return predicate_operands(in, false);
    }
    in.inst.run = by_width(in, type, [&]<class T>(T) {
        if (cnot) return lane_handler<T, T>([](T a) { return static_cast<T>(a == 0); });
        return lane_handler<T, T>([](T a) { return static_cast<T>(~a); });
    });
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
}

void decode_lop3(Decoder& in) {
    const int bool_op = in.take_any({"or", "and"});
    (void)in.take_one({"b32"});
    const bool predicate = bool_op >= 0;
    in.expect_operands(predicate ? 6 : 5, predicate ? 6 : 5);
    const ptx::Operand& to = in.operand(0);
    const u64 table = in.immediate(4);
    if (table > 255) in.fail("the table has 8 bits");
    in.inst.kind = static_cast<u8>(table);
    in.inst.a = in.source(1, Type::b32);
    in.inst.b = in.source(2, Type::b32);
    in.inst.c = in.source(3, Type::b32);
    if (!predicate) {
        in.inst.run = run_lop3<false>;
        in.inst.d = in.destination(0, Type::b32);
        return;
    }
    in.inst.run = run_lop3<true>; // d|p, or _|p
    in.inst.imm = bool_op;
    in.inst.d = to.reg >= 0 ? in.layout().reg(to.reg) : in.scratch(4);
    const u32 p = in.second_predicate(to);
    if (p == Inst::none) in.fail("needs a predicate destination");
    in.inst.list = in.keep_list({p, in.predicate(5)});
}

void decode_shl(Decoder& in) {
    in.expect_operands(3, 3);
    const Type type = in.take_type();
    in.inst.run = by_width(in, type, []<class T>(T) {
        return lane_handler<T, T, u32>(
            [](T a, u32 n) { return n >= 8 * sizeof(T) ? T{0} : static_cast<T>(a << n); });
    });
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, Type::u32);
}

void decode_shr(Decoder& in) {
    in.expect_operands(3, 3);
    const Type type = in.take_type();
    in.inst.run = by_integer(in, type, []<class T>(T) {
        return lane_handler<T, T, u32>([](T a, u32 n) {
            constexpr u32 top = 8 * sizeof(T) - 1;
            if (n > top) return static_cast<T>(std::is_signed_v<T> && a < 0 ? -1 : 0);
            return static_cast<T>(a >> n);
        });
    });
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, Type::u32);
}

void decode_shf(Decoder& in) {
    const bool right = in.take_one({"l", "r"}) == 1;
    const bool wrap = in.take_one({"clamp", "wrap"}) == 1;
    (void)in.take_one({"b32"});
    three_words(in);
    if (right && wrap)
        in.inst.run = lane_handler<u32, u32, u32, u32>(
            [](u32 a, u32 b, u32 c) { return static_cast<u32>(funnel(a, b) >> limited(c, true)); });
    else if (right)
        in.inst.run = lane_handler<u32, u32, u32, u32>([](u32 a, u32 b, u32 c) {
            return static_cast<u32>(funnel(a, b) >> limited(c, false));
        });
    else if (wrap)
        in.inst.run = lane_handler<u32, u32, u32, u32>([](u32 a, u32 b, u32 c) {
            return static_cast<u32>((funnel(a, b) << limited(c, true)) >> 32);
        });
    else
        in.inst.run = lane_handler<u32, u32, u32, u32>([](u32 a, u32 b, u32 c) {
            return static_cast<u32>((funnel(a, b) << limited(c, false)) >> 32);
        });
}

} // namespace hone::emu
