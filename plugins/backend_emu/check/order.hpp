// Which memory accesses of a block's threads are ordered: happens-before by vector clocks.
//
// Time counts synchronising events of the block. An access carries the stamp of its warp, the time
// of the warp's last such event. Thread u's row says, for every thread t, up to which stamp t's
// accesses happen before what u does now. What it knows of other blocks it has from flags in global
// memory.
#pragma once

#include "types.hpp"

#include <array>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace hone::emu {

class Order {
  public:
    explicit Order(u32 threads);
    void start(u32 block); // everything before is ordered before it

    [[nodiscard]] u32 stamp(int warp) const noexcept { return stamps_[static_cast<u32>(warp)]; }
    // Whether an access of `thread` with that stamp happens before what `by` does now.
    [[nodiscard]] bool ordered(u32 stamp, u32 thread, u32 by) const noexcept {
        const Row& row = *rows_[by];
        return stamp <= row.floor || thread == by || stamp <= row.known[thread];
    }
    // The same of an access in another block.
    [[nodiscard]] bool ordered_from(u32 block, u32 stamp, u32 thread, u32 by) const noexcept;
    [[nodiscard]] u32 block() const noexcept { return block_; }
    // Stamps up to here are ordered before `by`, whoever made them.
    [[nodiscard]] u32 floor(u32 by) const noexcept { return rows_[by]->floor; }

    struct Party {
        int warp = 0;
        LaneMask mask = 0;
        bool waits = true; // false: only arrives
    };
    // A barrier of these threads is complete: what each did before arriving happens before what
    // those who waited do next.
    void join(const std::vector<Party>& parties);

    struct Row;
    using RowPointer = std::shared_ptr<const Row>;
    using Rows = std::map<u32, RowPointer>; // by block
    struct Row {
        u32 floor = 0;
        std::vector<u32> known;
        std::shared_ptr<const Rows> others; // of other blocks; may be null
    };
    // What flags carry, by the address of their memory.
    using Published = std::unordered_map<u64, Rows>;

    // Flags: a fence, then a write to an address; a read of it, then a fence or a barrier. Strong
    // accesses only. `at` is the block's own for shared memory, the grid's for global memory.
    void fence(int warp, LaneMask mask);
    void publish(Published& at, u64 address, int warp, int lane, bool releases, bool keeps);
    void observe(const Published& at, u64 address, int warp, int lane, bool acquires);
    // Whether `by` has acquired what `thread` of `block` released by writing to the address.
    [[nodiscard]] bool acquired(const Published& at, u64 address, u32 block, u32 thread,
                                u32 by) const noexcept;
    [[nodiscard]] Published& published() noexcept { return published_; } // in shared memory

  private:
    [[nodiscard]] static RowPointer joined(const RowPointer& a, const RowPointer& b);
    static void merge(Rows& into, const Rows& from);
    static void merge(Row& into, const Row& from);
    [[nodiscard]] RowPointer with_own(u32 thread) const;
    void learn(u32 thread, const Rows& rows);
    void learn_pending(u32 thread);
    void tick(int warp) { stamps_[static_cast<u32>(warp)] = ++time_; }

    u32 threads_;
    u32 block_ = 0;
    u32 time_ = 1;
    std::vector<u32> stamps_;      // per warp
    std::vector<RowPointer> rows_; // per thread, shared after barriers
    struct Flags {
        RowPointer released; // as of the thread's last fence
        Rows pending;        // seen, not yet fenced
    };
    std::unordered_map<u32, Flags> flags_;
    Published published_;
};

} // namespace hone::emu
