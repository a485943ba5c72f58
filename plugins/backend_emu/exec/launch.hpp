// What is launched, how, and what came out.
#pragma once

#include "exec/code.hpp"
#include "report/report.hpp"

#include <array>

namespace hone::emu {

// A kernel with its shared memory laid out.
struct KernelCode {
    const Code* entry = nullptr;
    std::vector<std::unique_ptr<Code>> functions; // entry first
    struct SharedVariable {
        std::string name;
        u32 offset = 0; // in the shared window
        u32 bytes = 0;
    };
    std::vector<SharedVariable> shared; // without the dynamic part, by offset
    u32 static_shared_bytes = 0;        // as the hardware counts them
    u32 dynamic_shared_at = 0;          // offset of the dynamic part
    u32 param_bytes = 0;
    std::map<const ptx::Variable*, u32> param_offsets;
};

struct Launch {
    const KernelCode* kernel = nullptr;
    std::array<u32, 3> grid{1, 1, 1}, block{1, 1, 1};
    u32 dynamic_shared_bytes = 0;
    std::vector<std::byte> params; // KernelCode::param_bytes
};

// When asynchronous work completes and who runs first. A correct kernel does not care.
struct Schedule {
    enum class Kind : u8 {
        eager,  // copies land at once, warps run until they block
        late,   // copies land when they are waited for, warps take short turns, last one first
        seeded, // both by chance
    };
    Kind kind = Kind::eager;
    u64 seed = 0;
};

struct Options {
    Schedule schedule;
    bool checks = true; // races, uninitialised reads; addresses are always checked
    bool costs = true;  // bank conflicts and sectors
    u64 most_instructions = 2'000'000'000; // warp instructions
    u64 most_idle = 4'000'000;             // warp instructions with no effect on memory: a spin
    u32 shared_limit = 227 << 10;          // per block
    // Where given, gathers a hash of what the launch does: branches, addresses, stored values.
    u64* trace = nullptr;
};

struct Totals {
    u64 warp_instructions = 0, bank_conflict_cycles = 0, sectors = 0;
    Totals& operator+=(const Totals& other) noexcept {
        warp_instructions += other.warp_instructions;
        bank_conflict_cycles += other.bank_conflict_cycles;
        sectors += other.sectors;
        return *this;
    }
};

} // namespace hone::emu
