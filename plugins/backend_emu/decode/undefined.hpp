// Registers that may be read before anything was written to them: found once by data flow over the
// text, then followed through the run in these registers only. Code that assigns everything first,
// which is nearly all, runs as fast as without.
#pragma once

#include "exec/code.hpp"
#include "ptx/ast.hpp"

#include <vector>

namespace hone::emu {

// What one instruction does to registers that are followed.
struct RegisterUse {
    std::vector<s32> reads, writes;
    // Reads that must not be undefined: an address, a guard, what goes to memory.
    std::vector<s32> decides;
    [[nodiscard]] bool empty() const noexcept {
        return reads.empty() && writes.empty() && decides.empty();
    }
};

// One entry per instruction. Registers that are always assigned first do not appear; neither does
// what is never computed from one of the others.
[[nodiscard]] std::vector<RegisterUse> undefined_registers(const ptx::Function& function);

} // namespace hone::emu
