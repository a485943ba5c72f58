// Instructions in which the lanes of a warp exchange values: PTX ISA 9.7.9.6 and 9.7.13.
#include "ops/ops.hpp"
#include "ops/types.hpp"
#include "report/text.hpp"

#include <algorithm>

namespace hone::emu {
namespace {

void members(Decoder& in, std::size_t index) {
    (void)in.take_one({"sync"});
    in.inst.flow = Flow::warp_sync;
    in.inst.c = in.source(index, Type::b32);
}

enum : u8 { up, down, butterfly, indexed };

// The clamp operand: bits 0-4 the last lane of a segment, 8-12 which bits select the segment.
void run_shfl(Warp& warp, const Inst& inst, LaneMask mask) {
    const u32 *list = warp.list(inst), *a = warp.reg<u32>(inst.a), *b = warp.reg<u32>(inst.b);
    const u32* clamps = warp.reg<u32>(list[0]);
    std::array<u32, lanes> out{};
    LaneMask in_range = 0, missing = 0;
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        const int segment = static_cast<int>(clamps[lane] >> 8 & 31);
        const int clamp = static_cast<int>(clamps[lane] & 31), by = static_cast<int>(b[lane] & 31);
        const int last = (lane & segment) | (clamp & ~segment), first = lane & segment;
        int from = lane;
        bool inside = false;
        switch (inst.kind) {
        case up:
            from = lane - by;
            inside = from >= last;
            break;
        case down:
            from = lane + by;
            inside = from <= last;
            break;
        case butterfly:
            from = lane ^ by;
            inside = from <= last;
            break;
        default:
            from = first | (by & ~segment);
            inside = from <= last;
            break;
        }
        if (!inside) from = lane;
        in_range |= static_cast<LaneMask>(inside) << lane;
        if (!(mask >> from & 1)) missing |= 1u << lane;
        out[static_cast<std::size_t>(lane)] = a[from];
    }
    if (missing)
        warp.report(Rule::inactive_lane, inst, [&] {
            return lanes_text(missing) + " of warp " + std::to_string(warp.index()) +
                   " read from lanes that do not take part";
        });
    u32* d = warp.reg<u32>(inst.d);
    for (int lane = 0; lane < lanes; ++lane)
        if (mask >> lane & 1) d[lane] = out[static_cast<std::size_t>(lane)];
    if (list[1] == Inst::none) return;
    LaneMask& p = warp.predicate(list[1]);
    p = (p & ~mask) | in_range;
}

enum : u8 { vote_all, vote_any, vote_uni, vote_ballot };
void run_vote(Warp& warp, const Inst& inst, LaneMask mask) {
    LaneMask votes = warp.predicate(inst.a);
    if (inst.flags & inst_flag::negated_source) votes = ~votes;
    votes &= mask;
    if (inst.kind == vote_ballot) {
        u32* d = warp.reg<u32>(inst.d);
        for (int lane = 0; lane < lanes; ++lane)
            if (mask >> lane & 1) d[lane] = votes;
        return;
    }
    const bool value = inst.kind == vote_all   ? votes == mask
                       : inst.kind == vote_any ? votes != 0
                                               : votes == 0 || votes == mask;
    LaneMask& d = warp.predicate(inst.d);
    d = (d & ~mask) | (value ? mask : 0);
}

template <class T, bool all> void run_match(Warp& warp, const Inst& inst, LaneMask mask) {
    const T* a = warp.reg<T>(inst.a);
    std::array<LaneMask, lanes> out{};
    bool same = true;
    const T first = a[std::countr_zero(mask)];
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        same &= a[lane] == first;
        for (int other = 0; other < lanes; ++other)
            if ((mask >> other & 1) && a[other] == a[lane])
                out[static_cast<std::size_t>(lane)] |= 1u << other;
    }
    u32* d = warp.reg<u32>(inst.d);
    for (int lane = 0; lane < lanes; ++lane)
        if (mask >> lane & 1)
            d[lane] = all ? (same ? mask : 0) : out[static_cast<std::size_t>(lane)];
    if (!all || warp.list(inst)[0] == Inst::none) return;
    LaneMask& p = warp.predicate(warp.list(inst)[0]);
    p = (p & ~mask) | (same ? mask : 0);
}

template <class T, class Op> void run_redux(Warp& warp, const Inst& inst, LaneMask mask) {
    const T* a = warp.reg<T>(inst.a);
    T sum = a[std::countr_zero(mask)];
    for (int lane = std::countr_zero(mask) + 1; lane < lanes; ++lane)
        if (mask >> lane & 1) sum = Op{}(sum, a[lane]);
    T* d = warp.reg<T>(inst.d);
    for (int lane = 0; lane < lanes; ++lane)
        if (mask >> lane & 1) d[lane] = sum;
}

template <class T> Handler redux_handler(std::size_t op) {
    switch (op) {
    case 0:
        return run_redux<u32, decltype([](u32 x, u32 y) { return x + y; })>;
    case 1:
        return run_redux<T, decltype([](T x, T y) { return std::min(x, y); })>;
    case 2:
        return run_redux<T, decltype([](T x, T y) { return std::max(x, y); })>;
    case 3:
        return run_redux<u32, decltype([](u32 x, u32 y) { return x & y; })>;
    case 4:
        return run_redux<u32, decltype([](u32 x, u32 y) { return x | y; })>;
    default:
        return run_redux<u32, decltype([](u32 x, u32 y) { return x ^ y; })>;
    }
}

} // namespace

void decode_shfl(Decoder& in) {
    in.expect_operands(5, 5);
    members(in, 4);
    in.inst.kind = static_cast<u8>(in.take_one({"up", "down", "bfly", "idx"}));
    (void)in.take_one({"b32"});
    const ptx::Operand& to = in.operand(0);
    in.inst.d = to.reg == -2 ? in.scratch(4) : [&] {
        if (to.kind == ptx::Operand::Kind::sink) return in.scratch(4);
        if (to.kind != ptx::Operand::Kind::reg || in.lane_bytes(to) != 4)
            in.fail("the destination is no 32-bit register");
        return in.layout().reg(to.reg);
    }();
    in.inst.a = in.source(1, Type::b32);
    in.inst.b = in.source(2, Type::b32);
    in.inst.list = in.keep_list({in.source(3, Type::b32), in.second_predicate(to)});
    in.inst.run = run_shfl;
}

void decode_vote(Decoder& in) {
    in.expect_operands(3, 3);
    members(in, 2);
    in.inst.kind = static_cast<u8>(in.take_one({"all", "any", "uni", "ballot"}));
    (void)in.take_one({"pred", "b32"});
    in.inst.d = in.inst.kind == vote_ballot ? in.destination(0, Type::b32)
                                            : in.predicate_destination(in.operand(0));
    in.inst.a = in.predicate(1);
    in.inst.run = run_vote;
}

void decode_match(Decoder& in) {
    in.expect_operands(3, 3);
    members(in, 2);
    const bool all = in.take_one({"any", "all"}) == 1;
    const Type type = in.take_type();
    if (type != Type::b32 && type != Type::b64) in.fail("not for this type");
    const ptx::Operand& to = in.operand(0);
    if (to.kind != ptx::Operand::Kind::reg || in.lane_bytes(to) != 4)
        in.fail("the destination is no 32-bit register");
    in.inst.d = in.layout().reg(to.reg);
    in.inst.a = in.source(1, type);
    in.inst.list = in.keep_list({in.second_predicate(to)});
    if (type == Type::b32)
        in.inst.run = all ? run_match<u32, true> : run_match<u32, false>;
    else
        in.inst.run = all ? run_match<u64, true> : run_match<u64, false>;
}

void decode_redux(Decoder& in) {
    in.expect_operands(3, 3);
    members(in, 2);
    const std::size_t op = in.take_one({"add", "min", "max", "and", "or", "xor"});
    const Type type = in.take_type();
    if (type != Type::u32 && type != Type::s32 && type != Type::b32) in.fail("not for this type");
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.run = type == Type::s32 ? redux_handler<s32>(op) : redux_handler<u32>(op);
}

void decode_activemask(Decoder& in) {
    in.expect_operands(1, 1);
    (void)in.take_one({"b32"});
    in.inst.d = in.destination(0, Type::b32);
    in.inst.run = [](Warp& warp, const Inst& inst, LaneMask mask) {
        for (int lane = 0; lane < lanes; ++lane)
            if (mask >> lane & 1) warp.reg<u32>(inst.d)[lane] = mask;
    };
}

// The lowest lane leads.
void decode_elect(Decoder& in) {
    in.expect_operands(2, 2);
    members(in, 1);
    const ptx::Operand& to = in.operand(0);
    in.inst.d = to.reg >= 0 ? in.layout().reg(to.reg) : in.scratch(4);
    in.inst.list = in.keep_list({in.second_predicate(to)});
    if (in.layout().code().lists.back() == Inst::none) in.fail("needs a predicate destination");
    in.inst.run = [](Warp& warp, const Inst& inst, LaneMask mask) {
        const int leader = std::countr_zero(mask);
        for (int lane = 0; lane < lanes; ++lane)
            if (mask >> lane & 1) warp.reg<u32>(inst.d)[lane] = static_cast<u32>(leader);
        LaneMask& p = warp.predicate(warp.list(inst)[0]);
        p = (p & ~mask) | 1u << leader;
    };
}

} // namespace hone::emu
