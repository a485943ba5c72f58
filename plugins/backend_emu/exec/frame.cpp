// Frames: calls, returns and what a launch writes into registers.
#include "exec/cta.hpp"
#include "exec/warp.hpp"
#include "mem/windows.hpp"
#include "report/text.hpp"

#include <array>
#include <bit>

namespace hone::emu {
namespace {

constexpr u32 most_stack = 512 << 10;
constexpr u32 deepest_call = 4096;

} // namespace

Frame* Warp::make_frame(const Code& code) {
    Frame* frame = nullptr;
    for (auto free = free_frames_.begin(); free != free_frames_.end(); ++free)
        if ((*free)->code == &code) {
            frame = *free;
            free_frames_.erase(free);
            break;
        }
    if (!frame) {
        frames_.push_back(std::make_unique<Frame>());
        frame = frames_.back().get();
        frame->code = &code;
        frame->storage = std::make_unique<std::byte[]>(code.frame_bytes + 64);
        const auto address = reinterpret_cast<std::uintptr_t>(frame->storage.get());
        frame->regs = frame->storage.get() + (64 - address % 64) % 64;
        for (const Code::Constant& constant : code.constants)
            for (u32 lane = 0; lane < lanes; ++lane)
                std::memcpy(frame->regs + constant.at + lane * constant.bytes, &constant.bits,
                            std::min(constant.bytes, 8u));
        frame->params.resize(static_cast<std::size_t>(code.param_bytes) * lanes);
    }
    frame->parent = nullptr;
    frame->site = nullptr;
    frame->depth = 0;
    return frame;
}

void Warp::undefine(Frame& frame) {
    for (const u32 at : frame.code->followed_registers)
        *reinterpret_cast<LaneMask*>(frame.regs + at) = all_lanes;
}

void Warp::set_specials(Frame& frame) {
    const Cta& cta = cta_;
    for (const auto& [special, offset] : frame.code->specials) {
        auto* narrow = reinterpret_cast<u32*>(frame.regs + offset);
        auto* wide = reinterpret_cast<u64*>(frame.regs + offset);
        if (special == Special::gridid) {
            std::fill_n(wide, lanes, 1);
            continue;
        }
        for (u32 lane = 0; lane < lanes; ++lane)
            narrow[lane] = cta.special(special, static_cast<u32>(index_), lane);
    }
    for (const auto& [variable, offset] : frame.code->local_addresses)
        std::fill_n(reinterpret_cast<u64*>(frame.regs + offset), lanes,
                    u64{frame.local_base} + variable);
}

void Warp::call(int chosen, const Inst& inst, LaneMask active, u32 call_site) {
    Fragment& fragment = fragments_[static_cast<std::size_t>(chosen)];
    Frame* caller = fragment.frame;
    const CallSite& site = code_->calls[call_site];
    const u32 local_base = caller->local_base + ((caller->code->local_bytes + 15) & ~15u);
    if (caller->depth + 1 > deepest_call ||
        local_base + site.callee->local_bytes > stack_base + most_stack) {
        report(Rule::stack_overflow, inst, [&] {
            return "the call of " + site.callee->name + " exceeds the stack (" +
                   std::to_string(caller->depth) + " calls deep)";
        });
        return cta_.abort();
    }
    Frame* frame = make_frame(*site.callee);
    frame->parent = caller;
    frame->site = &site;
    frame->return_pc = fragment.pc + 1;
    frame->depth = caller->depth + 1;
    frame->local_base = local_base;
    frame->inside = active;
    stack_top_ = std::max(stack_top_, local_base + site.callee->local_bytes);
    local_.resize((static_cast<std::size_t>(stack_top_ + 15) >> 4) * lanes * 16);
    set_specials(*frame);
    undefine(*frame);
    for (int lane = 0; lane < lanes; ++lane)
        if (active >> lane & 1)
            for (const CallSite::Copy& copy : site.in)
                std::memcpy(frame->param(lane, copy.callee), caller->param(lane, copy.caller),
                            copy.bytes);
    fragment.frame = frame;
    fragment.pc = 0;
}

// Lanes with another function stay here and take their turn.
void Warp::call_pointer(int chosen, const Inst& inst, LaneMask active) {
    const u64* function = reg<u64>(inst.a);
    const u64 first = function[std::countr_zero(active)];
    LaneMask same = 0;
    for (int lane = 0; lane < lanes; ++lane)
        if ((active >> lane & 1) && function[lane] == first) same |= 1u << lane;
    const auto& targets = code_->pointer_calls[inst.target];
    const auto target = targets.find(first);
    if (target == targets.end()) {
        report(Rule::trap, inst, [&] {
            return "call of " + hex(first) + ", which is no function with these parameters";
        });
        return cta_.abort();
    }
    split(chosen, same, fragments_[static_cast<std::size_t>(chosen)].pc);
    call(chosen, inst, same, target->second);
}

void Warp::leave(int chosen, LaneMask active) {
    Fragment& fragment = fragments_[static_cast<std::size_t>(chosen)];
    Frame* frame = fragment.frame;
    for (int lane = 0; lane < lanes; ++lane)
        if (active >> lane & 1)
            for (const CallSite::Copy& copy : frame->site->out)
                std::memcpy(frame->parent->param(lane, copy.caller),
                            frame->param(lane, copy.callee), copy.bytes);
    fragment.frame = frame->parent;
    fragment.pc = frame->return_pc;
    frame->inside &= ~active;
    if (frame->inside == 0) free_frames_.push_back(frame);
}

void Warp::release(Frame* frame, LaneMask mask) {
    for (; frame && frame != root_; frame = frame->parent) {
        frame->inside &= ~mask;
        if (frame->inside == 0) free_frames_.push_back(frame);
    }
}

} // namespace hone::emu
