// A block of threads: its warps, shared memory and barriers.
#pragma once

#include "check/shared_shadow.hpp"
#include "exec/access.hpp"
#include "exec/async_copies.hpp"
#include "exec/grid.hpp"
#include "exec/warp.hpp"
#include "mem/windows.hpp"

#include <span>
#include <string_view>

namespace hone::emu {

class Cta {
  public:
    explicit Cta(Grid& grid);
    ~Cta();
    Cta(const Cta&) = delete;
    Cta& operator=(const Cta&) = delete;

    void start(u64 index);
    // True when all threads have ended. Returns early after `most` instructions, which are added to
    // `executed`.
    bool run(u64 most, u64& executed);
    // Says where each warp stands; false when all have ended.
    bool report_stuck(std::string_view how);

    // --- for warps and handlers ---
    [[nodiscard]] Grid& grid() noexcept { return grid_; }
    [[nodiscard]] Reports& reports() noexcept { return grid_.reports(); }
    [[nodiscard]] Counts* counts(const Code& code) { return grid_.counts(code); }
    void abort() noexcept { grid_.abort(); }
    [[nodiscard]] bool aborted() const noexcept { return grid_.aborted(); }
    [[nodiscard]] u32 special(Special special, u32 warp, u32 lane) const;
    [[nodiscard]] std::span<const std::byte> params() const noexcept;
    [[nodiscard]] std::string name() const; // "block (0, 1, 0)"

    [[nodiscard]] u32 shared_end() const noexcept { return shared_end_; }
    [[nodiscard]] std::byte* shared(u32 offset) noexcept {
        return shared_.data() + (offset - shared_base);
    }
    // Whether the bytes belong to a shared variable or the dynamic part.
    [[nodiscard]] bool shared_holds(u32 offset, u32 bytes) const noexcept;
    [[nodiscard]] std::string describe_shared(u32 offset) const;

    // Races, uninitialised reads, data in flight. `staged`: what each lane is about to write.
    void check(Warp& warp, const Inst& inst, const Access& access, AccessKind kind,
               const std::array<const std::byte*, lanes>* staged);

    void fence(Warp& warp, LaneMask mask);
    void ordered_within(Warp& warp, LaneMask mask); // bar.warp.sync
    void async_begins(Warp& warp, const AsyncCopy& copy);
    void async_ends(Warp& warp, const AsyncCopy& copy, LaneMask mask);

    // Lanes reach a barrier instruction. True: they wait.
    bool arrive(Warp& warp, const Inst& inst, LaneMask mask, int& barrier);
    // Lets go whom a barrier need not hold any more.
    void complete_barriers();
    void lanes_ended(Warp& warp, LaneMask mask);

  private:
    // Flags: a strong access carries what its thread's last fence released, or it acquires.
    void synchronise_through(Warp& warp, const Inst& inst, const Access& access, AccessKind kind);

    static constexpr int barriers = 16;
    struct Barrier {
        u32 arrived = 0;
        u32 needed = 0; // 0: every thread
        u32 votes = 0;  // bar.red: predicates that were true
        u32 voters = 0;
        bool in_use = false;
        std::vector<Order::Party> parties;
        const Inst* last = nullptr; // arrived last
        const Code* last_code = nullptr;
    };
    [[nodiscard]] u32 all_threads() const noexcept;
    // Whether some lanes wait at an instruction that needs other lanes of their warp.
    [[nodiscard]] bool waits_for_lanes() const;

    Grid& grid_;
    std::array<u32, 3> ctaid_{};
    u32 threads_ = 0;
    std::vector<std::unique_ptr<Warp>> warps_;
    std::vector<std::byte> shared_;
    u32 shared_end_ = shared_base;
    std::unique_ptr<SharedShadow> shadow_; // null without checks
    std::array<Barrier, barriers> barriers_{};
    std::size_t next_warp_ = 0;
    bool ended_early_ = false; // some thread has ended
};

} // namespace hone::emu
