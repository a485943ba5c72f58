// cp.async of one warp: copies under way and the groups they belong to.
#pragma once

#include "exec/access.hpp"

#include <deque>

namespace hone::emu {

struct AsyncCopy {
    const Code* code = nullptr;
    const Inst* inst = nullptr;
    LaneMask mask = 0;                        // lanes whose copy is under way
    LaneMask landed = 0;                      // of these, the ones whose bytes are there already
    u32 bytes = 0;                            // written per lane: 4, 8 or 16
    std::array<u32, lanes> to;                // offset in the shared window
    std::array<const std::byte*, lanes> from; // null: zeros
    std::array<u8, lanes> from_bytes;         // the rest is filled with zeros
    std::array<u32, lanes> group;
};

class AsyncCopies {
  public:
    void start();
    // Enters a copy into the lanes' open groups.
    void issue(Warp& warp, AsyncCopy copy);
    void commit(LaneMask mask);
    // Lets the lanes' groups land, except for the last `pending` ones.
    void wait(Warp& warp, LaneMask mask, u32 pending);
    void wait_all(Warp& warp, LaneMask mask); // also what was not committed
    // Lanes end: what they left under way is reported.
    void end(Warp& warp, LaneMask mask);

  private:
    void land(Warp& warp, AsyncCopy& copy, LaneMask mask);
    void complete(Warp& warp, AsyncCopy& copy, LaneMask mask);

    std::deque<AsyncCopy> under_way_;
    std::array<u32, lanes> open_{}; // number of each lane's open group
};

} // namespace hone::emu
