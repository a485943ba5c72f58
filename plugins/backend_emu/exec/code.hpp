// A function made ready to run: instructions with operands as byte offsets into a frame.
#pragma once

#include "ptx/ast.hpp"
#include "types.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hone::emu {

class Warp;
struct Inst;

// Executes an instruction for the lanes of the mask, which is never empty.
using Handler = void (*)(Warp&, const Inst&, LaneMask);

// What comes after an instruction.
enum class Flow : u8 {
    next,
    branch,       // to target
    branch_table, // to table[index in a]
    call,
    ret,
    exit,
    trap,
    barrier,   // bar, barrier
    warp_sync, // waits for the lanes of a member mask
};

struct Inst {
    static constexpr u32 none = ~0u;

    Handler run = nullptr;
    Flow flow = Flow::next;
    bool guard_negated = false;
    u8 bytes = 0; // of one element of a memory access
    u8 count = 1; // elements of a memory access
    ptx::Space space = ptx::Space::generic;
    u8 kind = 0;   // meaning is the handler's
    u16 flags = 0; // likewise
    // Byte offsets into the frame.
    u32 d = none, a = none, b = none, c = none;
    u32 guard = none;
    u32 list = 0; // further offsets: Code::lists[list...]
    u32 target = 0;
    s64 imm = 0;
    u32 line = 0;   // of the PTX text
    u32 source = 0; // index into Module::sources
};

// Registers that a launch fills in.
enum class Special : u8 {
    tid_x,
    tid_y,
    tid_z,
    ntid_x,
    ntid_y,
    ntid_z,
    ctaid_x,
    ctaid_y,
    ctaid_z,
    nctaid_x,
    nctaid_y,
    nctaid_z,
    laneid,
    warpid,
    nwarpid,
    smid,
    nsmid,
    gridid,
    lanemask_eq,
    lanemask_le,
    lanemask_lt,
    lanemask_ge,
    lanemask_gt,
    dynamic_smem_size,
    total_smem_size,
    clock,
    clock_hi,
    clock64,
    globaltimer,
    globaltimer_lo,
    globaltimer_hi,
    zero,
};

struct Code;

// One call site: which bytes of the caller's parameter memory go where.
struct CallSite {
    const Code* callee = nullptr;
    struct Copy {
        u32 caller = 0, callee = 0, bytes = 0;
    };
    std::vector<Copy> in, out;
};

// Counted per instruction.
struct Counts {
    u64 executed = 0;
    u64 bank_conflict_cycles = 0;  // beyond the first pass of each access
    u64 requests = 0, sectors = 0; // global memory
};

struct Code {
    std::string name;
    const ptx::Module* module = nullptr;
    const ptx::Function* function = nullptr;
    std::vector<Inst> insts; // the last one is an exit or a ret
    std::vector<u32> lists;
    std::vector<std::vector<u32>> tables;
    std::vector<CallSite> calls;
    std::vector<std::map<u64, u32>> pointer_calls; // function address to index into calls
    std::vector<s64> source_offsets;               // of copies: displacement of the second address
    std::vector<Handler> comparisons;              // of setp and set with more to do

    // Frame: registers, constants, special registers and scratch, 32 lanes each.
    u32 frame_bytes = 0;
    struct Constant {
        u64 bits = 0;
        u32 bytes = 0, at = 0;
    };
    std::vector<Constant> constants;
    std::vector<std::pair<Special, u32>> specials;    // which, and where
    std::vector<std::pair<u32, u32>> local_addresses; // of a variable in the frame, and where

    // Instructions that touch registers which may be undefined, by index. Offsets are of masks of
    // the lanes in which a register is.
    struct Followed {
        u32 guard = Inst::none;
        std::vector<u32> reads, writes, decides;
    };
    std::map<u32, Followed> followed;
    std::vector<u32> followed_registers;

    u32 local_bytes = 0; // per lane
    u32 param_bytes = 0; // per lane: a function's own and those of its calls
    std::map<const ptx::Variable*, u32> offsets; // of local and param variables
};

} // namespace hone::emu
