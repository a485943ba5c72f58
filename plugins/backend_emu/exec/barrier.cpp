// Barriers of a CTA: bar and barrier.
#include "exec/barrier.hpp"

#include "exec/cta.hpp"
#include "exec/flags.hpp"

#include <fmt/format.h>

#include <utility>

namespace hone::emu {
namespace {

// A whole warp counts as 32 threads, whatever the block's size.
u32 counted(LaneMask mask, LaneMask started) {
    return mask == started ? lanes : static_cast<u32>(std::popcount(mask));
}

} // namespace

void Warp::arrive(int chosen, const Inst& inst, LaneMask active) {
    Fragment& fragment = fragments_[static_cast<std::size_t>(chosen)];
    if ((inst.flags & inst_flag::whole_warp) && active != live_) {
        fragment.state = Fragment::State::collecting;
        return;
    }
    if (cta_.arrive(*this, inst, active, fragment.barrier))
        fragment.state = Fragment::State::at_barrier;
    else
        ++fragment.pc;
    cta_.complete_barriers();
}

bool Warp::force_divergent() {
    for (std::size_t i = 0; i < fragments_.size(); ++i) {
        Fragment& fragment = fragments_[i];
        if (fragment.state != Fragment::State::collecting || fragment.inst().flow != Flow::barrier)
            continue;
        enter(fragment);
        const Inst& inst = fragment.inst();
        report(Rule::divergent_barrier, inst, [&] {
            return fmt::format("warp {}: {} wait at this barrier, the other lanes never come",
                               index_, lanes_text(fragment.mask));
        });
        if (cta_.arrive(*this, inst, fragment.mask, fragment.barrier))
            fragment.state = Fragment::State::at_barrier;
        else {
            fragment.state = Fragment::State::ready;
            ++fragment.pc;
        }
        cta_.complete_barriers();
        return true;
    }
    return false;
}

u32 Cta::all_threads() const noexcept {
    u32 sum = 0;
    for (const auto& warp : warps_)
        if (warp->live()) sum += counted(warp->live(), warp->started());
    return sum;
}

bool Cta::arrive(Warp& warp, const Inst& inst, LaneMask mask, int& id) {
    const int first = std::countr_zero(mask);
    const u32 number = warp.reg<u32>(inst.a)[first];
    const u32 needed = inst.b == Inst::none ? 0 : warp.reg<u32>(inst.b)[first];
    for (int lane = first; lane < lanes; ++lane)
        if ((mask >> lane & 1) && (warp.reg<u32>(inst.a)[lane] != number ||
                                   (needed && warp.reg<u32>(inst.b)[lane] != needed)))
            warp.report(Rule::invalid_barrier, inst,
                        [] { return std::string("lanes name different barriers or counts"); });
    if (number >= barriers || needed % lanes != 0 || (inst.b != Inst::none && needed == 0)) {
        warp.report(Rule::invalid_barrier, inst, [&] {
            return fmt::format("barrier {} with {} threads: barriers are 0 to 15, counts multiples "
                               "of 32",
                               number, needed);
        });
        return false;
    }
    id = static_cast<int>(number);
    Barrier& barrier = barriers_[number];
    if (barrier.in_use && barrier.needed != needed)
        warp.report(Rule::invalid_barrier, inst, [&] {
            return fmt::format("barrier {} is waited for with {} and with {} threads", number,
                               barrier.needed ? barrier.needed : all_threads(),
                               needed ? needed : all_threads());
        });
    barrier.in_use = true;
    barrier.needed = needed;
    barrier.arrived += counted(mask, warp.started());
    barrier.last = &inst;
    barrier.last_code = &warp.code();
    barrier.parties.push_back(
        {warp.index(), mask, static_cast<BarrierKind>(inst.kind) != BarrierKind::arrive});
    grid_.had_effect();
    const auto kind = static_cast<BarrierKind>(inst.kind);
    if (kind >= BarrierKind::red_popc) {
        LaneMask votes = warp.predicate(inst.c);
        if (inst.flags & inst_flag::negated_source) votes = ~votes;
        barrier.votes += static_cast<u32>(std::popcount(votes & mask));
        barrier.voters += static_cast<u32>(std::popcount(mask));
    }
    return kind != BarrierKind::arrive;
}

void Cta::complete_barriers() {
    for (int id = 0; id < barriers; ++id) {
        Barrier& barrier = barriers_[static_cast<std::size_t>(id)];
        if (!barrier.in_use) continue;
        const u32 needed = barrier.needed ? barrier.needed : all_threads();
        if (barrier.arrived < needed) continue;
        if (barrier.arrived > needed)
            reports().add(Rule::invalid_barrier, *barrier.last_code, *barrier.last, [&] {
                return fmt::format("{} threads arrived at barrier {} of {}", barrier.arrived, id,
                                   needed);
            });
        if (!barrier.needed && ended_early_)
            reports().add(Rule::divergent_barrier, *barrier.last_code, *barrier.last, [] {
                return std::string("some threads of the block ended before this barrier of all");
            });
        const Barrier done = std::exchange(barrier, {});
        if (shadow_) shadow_->order().join(done.parties);
        for (const auto& warp : warps_)
            for (Fragment& fragment : warp->fragments())
                if (fragment.state == Fragment::State::at_barrier && fragment.barrier == id)
                    warp->resume(fragment, done.votes, done.voters);
    }
}

void Warp::resume(Fragment& fragment, u32 votes, u32 voters) {
    const Inst& inst = fragment.inst();
    std::byte* regs = fragment.frame->regs;
    auto* predicate = reinterpret_cast<LaneMask*>(regs + inst.d);
    switch (static_cast<BarrierKind>(inst.kind)) {
    case BarrierKind::sync:
    case BarrierKind::arrive:
        break;
    case BarrierKind::red_popc:
        for (int lane = 0; lane < lanes; ++lane)
            if (fragment.mask >> lane & 1) reinterpret_cast<u32*>(regs + inst.d)[lane] = votes;
        break;
    case BarrierKind::red_and:
    case BarrierKind::red_or: {
        const bool value = static_cast<BarrierKind>(inst.kind) == BarrierKind::red_and
                               ? votes == voters
                               : votes > 0;
        *predicate = (*predicate & ~fragment.mask) | (value ? fragment.mask : 0);
        break;
    }
    }
    fragment.state = Fragment::State::ready;
    ++fragment.pc;
}

void Cta::lanes_ended(Warp&, LaneMask) {
    ended_early_ = true;
    grid_.had_effect();
    complete_barriers();
}

} // namespace hone::emu
