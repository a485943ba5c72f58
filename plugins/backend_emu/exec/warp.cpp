#include "exec/warp.hpp"

#include "exec/cta.hpp"
#include "exec/flags.hpp"

#include <algorithm>
#include <array>

namespace hone::emu {
namespace {

// After so many backward branches a fragment counts as spinning and stands back once for the
// others: far more than lanes usually differ in trip counts, so that loops still reconverge.
constexpr u32 turns_per_stand_back = 2048;

} // namespace

Warp::Warp(Cta& cta, int index, const Code& entry)
    : cta_(cta), index_(index), follows_(cta.grid().options().checks), traces_(cta.grid().traces()),
      copies_(std::make_unique<AsyncCopies>()) {
    root_ = make_frame(entry);
}

Warp::~Warp() = default;

void Warp::start(LaneMask mask) {
    started_ = live_ = mask;
    carry = 0;
    copies_->start();
    root_->local_base = stack_base;
    root_->inside = mask;
    undefine(*root_);
    stack_top_ = std::max(stack_top_, stack_base + root_->code->local_bytes);
    local_.resize((static_cast<std::size_t>(stack_top_ + 15) >> 4) * lanes * 16);
    set_specials(*root_);
    fragments_.clear();
    if (mask) fragments_.push_back({mask, 0, root_});
}

void Warp::report(Rule rule, const Inst& inst, const std::function<std::string()>& message) const {
    cta_.reports().add(rule, *code_, inst, message);
}

Counts& Warp::counts(const Inst& inst) const noexcept {
    return cta_.counts(*code_)[static_cast<std::size_t>(&inst - code_->insts.data())];
}

Warp::Status Warp::run(u32 most, u64& ran) {
    budget_ = most;
    while (budget_ > 0 && !cta_.aborted()) {
        const int chosen = pick();
        if (chosen < 0) return live_ ? Status::blocked : Status::done;
        slice(chosen, ran);
    }
    return Status::ready;
}

void Warp::merge() {
    for (std::size_t i = 0; i + 1 < fragments_.size(); ++i)
        for (std::size_t j = i + 1; j < fragments_.size();) {
            Fragment &a = fragments_[i], &b = fragments_[j];
            const bool waits =
                a.state == Fragment::State::at_barrier || b.state == Fragment::State::at_barrier;
            if (a.frame != b.frame || a.pc != b.pc || waits) {
                ++j;
                continue;
            }
            a.mask |= b.mask;
            a.state = Fragment::State::ready; // more lanes: look again
            a.turns = std::min(a.turns, b.turns);
            fragments_.erase(fragments_.begin() + static_cast<std::ptrdiff_t>(j));
        }
}

// The deepest call first, then the lowest place: lanes that are behind catch up, so that diverged
// lanes meet where their paths join.
int Warp::pick() {
    if (fragments_.size() == 1) return fragments_[0].state == Fragment::State::ready ? 0 : -1;
    merge();
    int best = -1;
    const auto key = [](const Fragment& f) {
        return std::tuple(f.turns / turns_per_stand_back, ~f.frame->depth, f.pc);
    };
    for (std::size_t i = 0; i < fragments_.size(); ++i) {
        const Fragment& f = fragments_[i];
        if (f.state != Fragment::State::ready) continue;
        if (best < 0 || key(f) < key(fragments_[static_cast<std::size_t>(best)]))
            best = static_cast<int>(i);
    }
    return best;
}

void Warp::enter(const Fragment& fragment) {
    frame_ = fragment.frame;
    regs_ = frame_->regs;
    code_ = frame_->code;
}

void Warp::slice(int chosen, u64& ran) {
    enter(fragments_[static_cast<std::size_t>(chosen)]);
    Fragment* fragment = &fragments_[static_cast<std::size_t>(chosen)];
    // Where another fragment of this activation waits: the two may become one there.
    u32 limit = ~0u;
    const bool alone = fragments_.size() == 1;
    for (const Fragment& other : fragments_)
        if (other.frame == frame_ && other.pc > fragment->pc) limit = std::min(limit, other.pc);

    const Inst* const insts = code_->insts.data();
    Counts* const counts = cta_.counts(*code_);
    u32 pc = fragment->pc;
    u32 left = budget_;
    const auto pause = [&] {
        ran += budget_ - left;
        budget_ = left;
        fragment->pc = pc;
    };
    while (left > 0) {
        const Inst& inst = insts[pc];
        LaneMask active = fragment->mask;
        if (inst.guard != Inst::none) {
            const LaneMask guard = predicate(inst.guard);
            active &= inst.guard_negated ? ~guard : guard;
        }
        if ((inst.flags & inst_flag::followed) && follows_)
            active = follow(inst, fragment->mask, active);
        --left;
        ++counts[pc].executed;
        if (inst.flow == Flow::next) {
            if (active) inst.run(*this, inst, active);
            if (++pc == limit) return pause();
            continue;
        }
        if (inst.flow == Flow::branch) {
            const LaneMask rest = fragment->mask & ~active;
            if (traces_) cta_.grid().trace(u64{pc} << 32 | active);
            if (active && inst.target <= pc) ++fragment->turns;
            if (active && rest) {
                pause();
                fragment->mask = active;
                fragment->pc = inst.target;
                fragments_.push_back(
                    {rest, pc + 1, frame_, Fragment::State::ready, fragment->turns});
                return;
            }
            pc = active ? inst.target : pc + 1;
            if (!alone) return pause();
            continue;
        }
        if (!active) {
            if (++pc == limit) return pause();
            continue;
        }
        if (inst.flow == Flow::warp_sync && active == fragment->mask) {
            if (!gather(inst, active)) {
                fragment->state = Fragment::State::collecting;
                return pause();
            }
            if (++pc == limit) return pause();
            continue;
        }
        pause();
        return control(chosen, inst, active);
    }
    pause();
}

Fragment& Warp::split(int chosen, LaneMask kept, u32 pc_of_rest) {
    Fragment& fragment = fragments_[static_cast<std::size_t>(chosen)];
    const LaneMask rest = fragment.mask & ~kept;
    fragment.mask = kept;
    if (rest) {
        const Fragment other{rest, pc_of_rest, fragment.frame, Fragment::State::ready,
                             fragment.turns};
        fragments_.push_back(other);
    }
    return fragments_[static_cast<std::size_t>(chosen)];
}

void Warp::control(int chosen, const Inst& inst, LaneMask active) {
    Fragment& fragment = split(chosen, active, fragments_[static_cast<std::size_t>(chosen)].pc + 1);
    switch (inst.flow) {
    case Flow::exit:
        return end_lanes(chosen, active);
    case Flow::ret:
        if (!fragment.frame->parent) return end_lanes(chosen, active);
        return leave(chosen, active);
    case Flow::call:
        if (inst.a != Inst::none) return call_pointer(chosen, inst, active);
        return call(chosen, inst, active, inst.target);
    case Flow::trap:
        report(Rule::trap, inst, [] { return std::string("trap"); });
        return cta_.abort();
    case Flow::barrier:
        return arrive(chosen, inst, active);
    case Flow::branch_table: {
        const std::vector<u32>& table = code_->tables[inst.target];
        const u32* index = reg<u32>(inst.a);
        const u32 first = index[std::countr_zero(active)];
        LaneMask same = 0;
        for (int lane = 0; lane < lanes; ++lane)
            if ((active >> lane & 1) && index[lane] == first) same |= 1u << lane;
        if (first >= table.size()) {
            report(Rule::trap, inst, [&] {
                return "branch to entry " + std::to_string(first) + " of a table of " +
                       std::to_string(table.size());
            });
            return cta_.abort();
        }
        // Lanes with another index stay here and take their turn.
        Fragment& taken = split(chosen, same, fragment.pc);
        if (table[first] <= taken.pc) ++taken.turns;
        taken.pc = table[first];
        return;
    }
    case Flow::warp_sync:
    case Flow::next:
    case Flow::branch:
        return;
    }
}

void Warp::end_lanes(int chosen, LaneMask active) {
    Frame* frame = fragments_[static_cast<std::size_t>(chosen)].frame;
    fragments_.erase(fragments_.begin() + chosen);
    release(frame, active);
    live_ &= ~active;
    copies_->end(*this, active);
    // Those who waited for the lanes that left need not any more.
    for (Fragment& other : fragments_)
        if (other.state == Fragment::State::collecting) other.state = Fragment::State::ready;
    cta_.lanes_ended(*this, active);
}

bool Warp::gather(const Inst& inst, LaneMask active) {
    if (inst.c == Inst::none || (inst.flags & inst_flag::whole_warp)) { // needs the whole warp
        if (live_ & ~active) return false;
        inst.run(*this, inst, active);
        return true;
    }
    const u32* members = reg<u32>(inst.c);
    const u32 common = members[std::countr_zero(active)];
    LaneMask rest = active;
    std::array<LaneMask, lanes> groups;
    int count = 0;
    while (rest) {
        const u32 mask = members[std::countr_zero(rest)];
        LaneMask same = 0;
        if (count == 0 && mask == all_lanes && active == all_lanes &&
            std::all_of(members, members + lanes, [&](u32 m) { return m == common; })) {
            same = all_lanes;
        } else {
            for (int lane = 0; lane < lanes; ++lane)
                if ((rest >> lane & 1) && members[lane] == mask) same |= 1u << lane;
        }
        rest &= ~same;
        if (same & ~mask) {
            report(Rule::invalid_members, inst, [&] {
                return "member mask " + hex(mask) + " lacks lanes that execute with it (" +
                       hex(same) + ")";
            });
        } else if (mask & live_ & ~same) {
            return false;
        }
        groups[static_cast<std::size_t>(count++)] = same;
    }
    for (int i = 0; i < count; ++i) inst.run(*this, inst, groups[static_cast<std::size_t>(i)]);
    return true;
}

} // namespace hone::emu
