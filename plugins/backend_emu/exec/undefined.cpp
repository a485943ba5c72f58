// Undefined registers while a kernel runs.
#include "exec/cta.hpp"
#include "exec/flags.hpp"
#include "report/text.hpp"

namespace hone::emu {

LaneMask Warp::follow(const Inst& inst, LaneMask reached, LaneMask active) {
    const Code::Followed& use = code_->followed.at(static_cast<u32>(&inst - code_->insts.data()));
    if (inst.guard != Inst::none && use.guard != Inst::none) {
        LaneMask& guard = predicate(use.guard);
        if (guard & reached) report_undefined(inst, guard & reached, "whether to execute hangs on");
        guard &= ~reached;
    }
    LaneMask undefined = 0, reported = 0;
    for (const u32 at : use.reads) undefined |= predicate(at) & active;
    for (const u32 at : use.decides) {
        LaneMask& decides = predicate(at);
        if (decides & active) report_undefined(inst, decides & active, "an operand is");
        reported |= decides & active;
        decides &= ~active; // once is enough
    }
    // A product of the whole warp mixes lanes.
    if (undefined && (inst.flags & inst_flag::whole_warp)) undefined = active;
    for (const u32 at : use.writes) predicate(at) = (predicate(at) & ~active) | undefined;
    return inst.flow == Flow::next ? active & ~reported : active;
}

void Warp::report_undefined(const Inst& inst, LaneMask mask, const char* how) const {
    report(Rule::uninitialised_read, inst, [&] {
        return cta_.name() + " warp " + std::to_string(index_) + ", " + lanes_text(mask) + ": " +
               how + " a register that was never written";
    });
}

} // namespace hone::emu
