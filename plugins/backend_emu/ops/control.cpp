// Branches, calls and barriers: PTX ISA 9.7.12 and 9.7.13.
#include "exec/barrier.hpp"
#include "ops/ops.hpp"
#include "ops/types.hpp"

namespace hone::emu {
namespace {

using Kind = ptx::Operand::Kind;

} // namespace

void decode_bra(Decoder& in) {
    in.expect_operands(1, 1);
    (void)in.take("uni");
    if (in.operand(0).kind != Kind::label) in.fail("the target is no label");
    in.inst.flow = Flow::branch;
    in.inst.target = in.operand(0).target;
}

void decode_brx(Decoder& in) {
    in.expect_operands(2, 2);
    (void)in.take_one({"idx"});
    (void)in.take("uni");
    const ptx::Operand& table = in.operand(1);
    if (table.kind != Kind::table) in.fail("needs a table of branch targets");
    in.inst.flow = Flow::branch_table;
    in.inst.a = in.source(0, Type::u32);
    auto& tables = in.layout().code().tables;
    in.inst.target = static_cast<u32>(tables.size());
    tables.push_back(table.targets);
}

void decode_call(Decoder& in) {
    (void)in.take("uni");
    // call (results), function, (arguments); each list may be missing.
    std::size_t at = 0;
    const ptx::Operand* results = nullptr;
    const ptx::Operand* arguments = nullptr;
    if (in.operand(at).kind == Kind::list) results = &in.operand(at++);
    const ptx::Operand& name = in.operand(at++);
    if (at < in.operand_count()) arguments = &in.operand(at++);
    if (at < in.operand_count() || name.kind != Kind::function)
        in.fail("calls through pointers are not supported");
    CallSite site;
    site.callee = in.layout().symbols().function(name.name);
    if (!site.callee) in.fail("function " + std::string(name.name) + " is not defined");
    const ptx::Function& callee = *site.callee->function;
    const auto pair = [&](const ptx::Operand* list,
                          const std::vector<std::unique_ptr<ptx::Variable>>& formals,
                          std::vector<CallSite::Copy>& copies) {
        const std::size_t count = list ? list->elements.size() : 0;
        if (count != formals.size()) in.fail("another number of parameters than " + callee.name);
        for (std::size_t i = 0; i < count; ++i) {
            const ptx::Operand& actual = list->elements[i];
            if (actual.kind != Kind::variable || actual.variable->space != ptx::Space::param ||
                actual.variable->bytes < formals[i]->bytes)
                in.fail("parameters of calls are .param variables of the same size");
            copies.push_back({in.layout().static_offset(*actual.variable),
                              site.callee->offsets.at(formals[i].get()),
                              static_cast<u32>(formals[i]->bytes)});
        }
    };
    pair(arguments, callee.params, site.in);
    pair(results, callee.returns, site.out);
    auto& calls = in.layout().code().calls;
    in.inst.flow = Flow::call;
    in.inst.target = static_cast<u32>(calls.size());
    calls.push_back(std::move(site));
}

void decode_ret(Decoder& in) {
    (void)in.take("uni");
    in.expect_operands(0, 0);
    in.inst.flow = Flow::ret;
}

void decode_exit(Decoder& in) {
    in.expect_operands(0, 0);
    in.inst.flow = Flow::exit;
}

void decode_trap(Decoder& in) {
    in.expect_operands(0, 0);
    in.inst.flow = Flow::trap;
}

// bar.sync a{, b}; bar.arrive a, b; bar.red.op d, a{, b}, p; barrier the same with .cta and
// .aligned
void decode_bar(Decoder& in) {
    if (in.opcode() == "bar" && in.take("warp")) {
        (void)in.take_one({"sync"});
        in.expect_operands(1, 1);
        in.inst.flow = Flow::warp_sync;
        in.inst.c = in.source(0, Type::b32);
        in.inst.run = [](Warp& warp, const Inst& inst, LaneMask mask) {
            warp.synchronise(inst, mask);
        };
        return;
    }
    (void)in.take("cta");
    const bool aligned = in.take("aligned") || in.opcode() == "bar";
    const std::size_t what = in.take_one({"sync", "arrive", "red"});
    std::size_t at = 0;
    auto kind = static_cast<BarrierKind>(what);
    if (what == 2) {
        const std::size_t op = in.take_one({"popc", "and", "or"});
        kind = static_cast<BarrierKind>(2 + op);
        in.inst.d =
            op == 0 ? in.destination(at, in.take_type()) : in.predicate_destination(in.operand(at));
        if (op != 0) (void)in.take("pred");
        ++at;
    }
    in.inst.flow = Flow::barrier;
    in.inst.kind = static_cast<u8>(kind);
    if (aligned) in.inst.flags |= inst_flag::whole_warp;
    in.inst.a = in.source(at++, Type::u32);
    const std::size_t left = in.operand_count() - at;
    if (left == (what == 2 ? 2u : 1u)) in.inst.b = in.source(at++, Type::u32);
    if (what == 1 && in.inst.b == Inst::none) in.fail("needs a count of threads");
    if (what == 2) in.inst.c = in.predicate(at++);
    in.expect_operands(at, at);
}

} // namespace hone::emu
