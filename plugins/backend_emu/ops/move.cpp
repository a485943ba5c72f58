// mov, address conversions, and instructions without consequence here: PTX ISA 9.7.9.
#include "exec/cta.hpp"
#include "mem/windows.hpp"
#include "ops/ops.hpp"
#include "ops/types.hpp"

namespace hone::emu {
namespace {

using Kind = ptx::Operand::Kind;

Handler copy(const Decoder& in, Type type) {
    return by_width(in, type, []<class T>(T) { return lane_handler<T, T>([](T a) { return a; }); });
}

// d = {a, b, ...}, lowest first, and {d, e, ...} = a. kind: elements; bytes: of one.
template <class Whole, class Part> void run_pack(Warp& warp, const Inst& inst, LaneMask mask) {
    const u32* list = warp.list(inst);
    Whole* d = warp.reg<Whole>(inst.d);
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        Whole value = 0;
        for (u32 i = 0; i < inst.count; ++i)
            value |= static_cast<Whole>(static_cast<Whole>(warp.reg<Part>(list[i])[lane])
                                        << (8 * sizeof(Part) * i));
        d[lane] = value;
    }
}
template <class Whole, class Part> void run_unpack(Warp& warp, const Inst& inst, LaneMask mask) {
    const u32* list = warp.list(inst);
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        const Whole value = warp.reg<Whole>(inst.a)[lane];
        for (u32 i = 0; i < inst.count; ++i)
            warp.reg<Part>(list[i])[lane] = static_cast<Part>(value >> (8 * sizeof(Part) * i));
    }
}

void packed(Decoder& in, Type type, bool pack) {
    const auto elements = in.elements(pack ? 1 : 0);
    const u32 whole = bytes_of(type), part = whole / static_cast<u32>(elements.size());
    in.inst.count = static_cast<u8>(elements.size());
    const Type part_type = part == 2 ? Type::b16 : part == 4 ? Type::b32 : Type::b8;
    if (part * elements.size() != whole || part == 1) in.fail("elements of an odd size");
    std::vector<u32> list;
    for (const ptx::Operand* element : elements)
        list.push_back(pack ? in.source(*element, part_type) : in.destination(*element, part_type));
    in.inst.list = in.keep_list(list);
    if (pack) {
        in.inst.d = in.destination(0, type);
        in.inst.run = whole == 4  ? run_pack<u32, u16>
                      : part == 4 ? run_pack<u64, u32>
                                  : run_pack<u64, u16>;
    } else {
        in.inst.a = in.source(1, type);
        in.inst.run = whole == 4  ? run_unpack<u32, u16>
                      : part == 4 ? run_unpack<u64, u32>
                                  : run_unpack<u64, u16>;
    }
}

// Time is the count of instructions: it moves on, and equal runs see equal times.
template <class T> void run_clock(Warp& warp, const Inst& inst, LaneMask mask) {
    const u64 now = warp.cta().grid().executed() + warp.counts(inst).executed;
    for (int lane = 0; lane < lanes; ++lane)
        if (mask >> lane & 1) warp.reg<T>(inst.d)[lane] = static_cast<T>(now >> inst.kind);
}

} // namespace

void decode_mov(Decoder& in) {
    in.expect_operands(2, 2);
    const Type type = in.take_type();
    const ptx::Operand &to = in.operand(0), &from = in.operand(1);
    if (type == Type::pred) {
        in.inst.d = in.predicate_destination(to);
        in.inst.a = in.predicate(1);
        in.inst.run = [](Warp& warp, const Inst& inst, LaneMask mask) {
            LaneMask& d = warp.predicate(inst.d);
            const LaneMask a = warp.predicate(inst.a);
            d = (d & ~mask) | ((inst.flags & inst_flag::negated_source ? ~a : a) & mask);
        };
        return;
    }
    if (from.kind == Kind::vector) return packed(in, type, true);
    if (to.kind == Kind::vector) return packed(in, type, false);
    in.inst.d = in.destination(0, type);
    if (from.kind == Kind::special) {
        const auto special = special_register(from.name);
        if (special && *special >= Special::clock && *special <= Special::globaltimer_hi) {
            const bool high = *special == Special::clock_hi || *special == Special::globaltimer_hi;
            in.inst.kind = high ? 32 : 0;
            in.inst.run = bytes_of(type) == 8 ? run_clock<u64> : run_clock<u32>;
            return;
        }
        if (special && bytes_of(type) == 2) { // the low half
            in.inst.a = in.layout().special(*special);
            in.inst.run = lane_handler<u16, u32>([](u32 a) { return static_cast<u16>(a); });
            return;
        }
    }
    in.inst.a = in.source(1, type);
    in.inst.run = copy(in, type);
}

// cvta.shared: offset to generic; cvta.to.shared: back.
void decode_cvta(Decoder& in) {
    in.expect_operands(2, 2);
    const bool to = in.take("to");
    const int space =
        in.take_any({"global", "shared", "shared::cta", "local", "const", "param", "param::entry"});
    const Type type = in.take_type();
    if (space < 0 || (type != Type::u64)) in.fail("not supported");
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    u64 window = 0;
    if (space == 1 || space == 2) window = shared_window;
    if (space == 3) window = local_window;
    if (space == 5 || space == 6) window = param_window;
    in.inst.b = in.constant(to ? -window : window, 8);
    in.inst.run = lane_handler<u64, u64, u64>([](u64 a, u64 b) { return a + b; });
}

void decode_isspacep(Decoder& in) {
    in.expect_operands(2, 2);
    const int space =
        in.take_any({"global", "shared", "shared::cta", "local", "const", "param", "param::entry"});
    in.inst.d = in.predicate_destination(in.operand(0));
    in.inst.a = in.source(1, Type::u64);
    if (space == 0)
        in.inst.run = predicate_handler<u64>([](u64 a) { return a >= global_base; });
    else if (space == 1 || space == 2)
        in.inst.run =
            predicate_handler<u64>([](u64 a) { return a - shared_window < window_bytes; });
    else if (space == 3)
        in.inst.run = predicate_handler<u64>([](u64 a) { return a - local_window < window_bytes; });
    else if (space >= 5)
        in.inst.run = predicate_handler<u64>([](u64 a) { return a - param_window < window_bytes; });
    else
        in.fail("not supported");
}

void decode_nothing(Decoder& in) {
    while (!in.next().empty()) (void)in.take(in.next());
    in.inst.run = [](Warp&, const Inst&, LaneMask) {};
    // createpolicy has a result; any value serves, since hints are not heeded.
    if (in.opcode() == "createpolicy") in.inst.d = in.destination(0, Type::b64);
}

} // namespace hone::emu
