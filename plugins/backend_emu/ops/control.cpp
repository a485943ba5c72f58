// Branches, calls and barriers: PTX ISA 9.7.12 and 9.7.13.
#include "exec/barrier.hpp"
#include "ops/ops.hpp"
#include "ops/types.hpp"

namespace hone::emu {
namespace {

using Kind = ptx::Operand::Kind;
using Formals = std::vector<std::unique_ptr<ptx::Variable>>;

// Which bytes of the caller's parameter memory are the callee's, and back.
CallSite call_site(Decoder& in, const Code& callee, const ptx::Operand* arguments,
                   const ptx::Operand* results) {
    CallSite site;
    site.callee = &callee;
    const auto pair = [&](const ptx::Operand* list, const Formals& formals,
                          std::vector<CallSite::Copy>& copies) {
        const std::size_t count = list ? list->elements.size() : 0;
        if (count != formals.size()) in.fail("another number of parameters than " + callee.name);
        for (std::size_t i = 0; i < count; ++i) {
            const ptx::Operand& actual = list->elements[i];
            if (actual.kind != Kind::variable || actual.variable->space != ptx::Space::param ||
                actual.variable->bytes < formals[i]->bytes)
                in.fail("parameters of calls are .param variables of the same size");
            copies.push_back({in.layout().static_offset(*actual.variable),
                              callee.offsets.at(formals[i].get()),
                              static_cast<u32>(formals[i]->bytes)});
        }
    };
    pair(arguments, callee.function->params, site.in);
    pair(results, callee.function->returns, site.out);
    return site;
}

// Whether a function takes and returns what a call through a pointer passes.
bool fits(const ptx::Function& callee, const ptx::Operand* arguments, const ptx::Operand* results) {
    const auto same = [](const ptx::Operand* list, const Formals& formals) {
        if ((list ? list->elements.size() : 0) != formals.size()) return false;
        for (std::size_t i = 0; i < formals.size(); ++i)
            if (list->elements[i].kind != Kind::variable ||
                list->elements[i].variable->bytes != formals[i]->bytes)
                return false;
        return true;
    };
    return same(arguments, callee.params) && same(results, callee.returns);
}

std::string undefined(std::string_view function) {
    for (const std::string_view runtime : {"vprintf", "malloc", "free"})
        if (function == runtime)
            return std::string(function) +
                   " of the device runtime is not emulated: compile the kernel without it";
    return "function " + std::string(function) + " is not defined";
}

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
    if (at < in.operand_count() && in.operand(at).kind == Kind::list) arguments = &in.operand(at++);
    const bool through_pointer = name.kind == Kind::reg;
    if (through_pointer && at < in.operand_count()) ++at; // a prototype or the possible targets
    if (at < in.operand_count() || (!through_pointer && name.kind != Kind::function))
        in.fail("not supported");
    in.inst.flow = Flow::call;
    auto& code = in.layout().code();
    if (!through_pointer) {
        const Code* callee = in.layout().symbols().function(name.name);
        if (!callee) {
            if (name.name != "__assertfail") in.fail(undefined(name.name));
            in.inst.flow = Flow::trap; // assert() found its condition false
            return;
        }
        in.inst.target = static_cast<u32>(code.calls.size());
        code.calls.push_back(call_site(in, *callee, arguments, results));
        return;
    }
    in.inst.a = in.source(name, Type::u64);
    in.inst.target = static_cast<u32>(code.pointer_calls.size());
    auto& targets = code.pointer_calls.emplace_back();
    for (const Code* callee : in.layout().symbols().functions()) {
        if (!fits(*callee->function, arguments, results)) continue;
        targets[in.layout().symbols().function_address(callee->name)] =
            static_cast<u32>(code.calls.size());
        code.calls.push_back(call_site(in, *callee, arguments, results));
    }
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
