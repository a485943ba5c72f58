// 32 lanes that run together as long as they agree, and apart where they do not.
#pragma once

#include "exec/code.hpp"
#include "report/report.hpp"
#include "report/text.hpp"

#include <bit>
#include <cstring>
#include <deque>
#include <functional>

namespace hone::emu {

class AsyncCopies;
class Cta;

// Registers of one activation of a function. Lanes that call together share one.
struct Frame {
    const Code* code = nullptr;
    std::byte* regs = nullptr; // 64-byte aligned
    std::unique_ptr<std::byte[]> storage;
    std::vector<std::byte> params; // lane after lane; of functions and of calls
    Frame* parent = nullptr;
    const CallSite* site = nullptr;
    u32 return_pc = 0;
    u32 depth = 0;
    u32 local_base = 0; // offset of its variables in the local window
    LaneMask inside = 0;

    [[nodiscard]] std::byte* param(int lane, u32 offset) noexcept {
        return params.data() + static_cast<std::size_t>(lane) * code->param_bytes + offset;
    }
};

// Lanes at one place. A warp has one as long as it is converged.
struct Fragment {
    enum class State : u8 {
        ready,
        collecting, // at an instruction that needs other lanes of the warp
        at_barrier,
    };
    LaneMask mask = 0;
    u32 pc = 0;
    Frame* frame = nullptr;
    State state = State::ready;
    u32 turns = 0; // backward branches: one that spins lets others go first
    int barrier = 0;

    [[nodiscard]] const Inst& inst() const { return frame->code->insts[pc]; }
};

class Warp {
  public:
    enum class Status : u8 { ready, blocked, done };

    Warp(Cta& cta, int index, const Code& entry);
    ~Warp();
    Warp(const Warp&) = delete;
    Warp& operator=(const Warp&) = delete;

    // Begins a CTA with the lanes of `mask`.
    void start(LaneMask mask);
    // Runs until it blocks, ends, or `most` instructions are done; `ran` counts them.
    Status run(u32 most, u64& ran);

    // --- for handlers ---
    template <class T> [[nodiscard]] T* reg(u32 offset) const noexcept {
        return reinterpret_cast<T*>(regs_ + offset);
    }
    [[nodiscard]] LaneMask& predicate(u32 offset) const noexcept { return *reg<LaneMask>(offset); }
    [[nodiscard]] const u32* list(const Inst& inst) const noexcept {
        return code_->lists.data() + inst.list;
    }
    [[nodiscard]] Frame& frame() const noexcept { return *frame_; }
    [[nodiscard]] const Code& code() const noexcept { return *code_; }
    [[nodiscard]] Cta& cta() const noexcept { return cta_; }
    [[nodiscard]] AsyncCopies& copies() const noexcept { return *copies_; }
    [[nodiscard]] int index() const noexcept { return index_; }
    [[nodiscard]] LaneMask live() const noexcept { return live_; }
    [[nodiscard]] LaneMask started() const noexcept { return started_; }
    void report(Rule rule, const Inst& inst, const std::function<std::string()>& message) const;
    [[nodiscard]] Counts& counts(const Inst& inst) const noexcept;
    // Local memory of a lane; grows with the stack. `offset` is below stack_bytes().
    [[nodiscard]] std::byte* local(int lane, u32 offset) noexcept {
        return local_.data() +
               (static_cast<std::size_t>(offset >> 4) * lanes + static_cast<std::size_t>(lane)) *
                   16 +
               (offset & 15);
    }
    [[nodiscard]] u32 stack_bytes() const noexcept { return stack_top_; }
    // bar.warp.sync: orders the memory accesses of the lanes.
    void synchronise(const Inst& inst, LaneMask mask);
    LaneMask carry = 0; // condition code of each lane

    // --- for the CTA ---
    [[nodiscard]] std::vector<Fragment>& fragments() noexcept { return fragments_; }
    // Lanes that wait at a barrier for lanes that cannot come: reported and let through.
    bool force_divergent();
    // Past the barrier, with its vote.
    void resume(Fragment& fragment, u32 votes, u32 voters);
    static constexpr u32 stack_base = 1024;

  private:
    int pick();
    void merge();
    void slice(int chosen, u64& ran);
    // Runs the instruction for each set of lanes with a common member mask. False: lanes missing.
    bool gather(const Inst& inst, LaneMask active);
    void control(int chosen, const Inst& inst, LaneMask active);
    void call(int chosen, const Inst& inst, LaneMask active, u32 call_site);
    void call_pointer(int chosen, const Inst& inst, LaneMask active);
    void leave(int chosen, LaneMask active);     // ret
    void end_lanes(int chosen, LaneMask active); // exit
    // Registers that may be undefined: passes on that they are, and reports what hangs on it.
    // Returns the lanes that go on.
    LaneMask follow(const Inst& inst, LaneMask reached, LaneMask active);
    void report_undefined(const Inst& inst, LaneMask mask, const char* how) const;
    Fragment& split(int chosen, LaneMask kept, u32 pc_of_rest);
    void enter(const Fragment& fragment);
    Frame* make_frame(const Code& code);
    void release(Frame* frame, LaneMask mask);
    void set_specials(Frame& frame);
    static void undefine(Frame& frame); // its registers
    void arrive(int chosen, const Inst& inst, LaneMask active);

    Cta& cta_;
    int index_;
    bool follows_; // undefined registers
    bool traces_;
    LaneMask started_ = 0, live_ = 0;
    std::vector<Fragment> fragments_;
    Frame* root_ = nullptr;
    std::deque<std::unique_ptr<Frame>> frames_;
    std::vector<Frame*> free_frames_;
    std::vector<std::byte> local_;
    std::unique_ptr<AsyncCopies> copies_;
    u32 stack_top_ = stack_base;
    u32 budget_ = 0;

    // Of the fragment that runs.
    std::byte* regs_ = nullptr;
    Frame* frame_ = nullptr;
    const Code* code_ = nullptr;
};

} // namespace hone::emu
