// Memory accesses of a warp: from addresses to bytes, with every check on the way.
#pragma once

#include "exec/warp.hpp"
#include "mem/address_space.hpp"

#include <array>

namespace hone::emu {

enum class AccessKind : u8 { load, store, atomic };

struct Access {
    LaneMask mask = 0;              // lanes that may go on: the others were reported
    LaneMask shared = 0;            // of these, the ones in shared memory
    LaneMask global = 0;            // and the ones in global memory that may be written
    u32 bytes = 0;                  // per lane
    std::array<u64, lanes> address; // shared lanes: offset in the window
    std::array<std::byte*, lanes> at;
    std::array<Allocation*, lanes> allocation; // of the lanes of `global`
};

// Addresses of the lanes: base register plus immediate.
void gather_addresses(const Warp& warp, const Inst& inst, LaneMask mask,
                      std::array<u64, lanes>& address);

// Finds the bytes behind access.address and checks bounds, alignment and permission. Counts sectors
// and bank conflicts when `count`.
void locate(Warp& warp, const Inst& inst, LaneMask mask, u32 bytes, AccessKind kind, Access& access,
            bool count = true);
// The same for addresses of one space, already gathered.
void locate_in(ptx::Space space, Warp& warp, const Inst& inst, LaneMask mask, u32 bytes,
               AccessKind kind, Access& access, bool count = true);

// The same for one lane's global memory, by bytes: no alignment, any length.
void locate_bytes(Warp& warp, const Inst& inst, int lane, u32 bytes, Access& access);

} // namespace hone::emu
