// A parsed PTX module. Names are resolved: registers are numbered per function, labels are
// instruction indexes, variables are pointers.
#pragma once

#include "types.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hone::emu::ptx {

enum class Space : u8 { generic, global, shared, local, constant, param };

struct Function;

struct Variable {
    std::string name;
    Space space = Space::global;
    u32 align = 1;
    u32 element_bytes = 1;
    u64 bytes = 0; // 0 with is_extern: the launch decides
    bool is_extern = false;
    u32 line = 0;
    std::vector<u8> init; // shorter than `bytes`: the rest is zero
    struct Address {      // init holds the address of a variable or function
        u64 offset = 0;   // where in init
        std::string symbol;
        s64 addend = 0;
        bool generic = false;
        u32 line = 0;
    };
    std::vector<Address> addresses;
};

enum class RegClass : u8 { pred, b8, b16, b32, b64, b128 };

struct Operand {
    enum class Kind : u8 {
        none,
        reg,
        immediate, // bits, sign-extended when written with a minus
        f32,       // bits
        f64,       // bits
        variable,  // variable + offset: its address
        function,
        address, // [base + offset]; base in `base`
        vector,  // {a, b, ...}
        list,    // (a, b, ...) of a call
        sink,    // _
        special, // %tid.x, %laneid, ...: name
        label,   // target
        table,   // of branch targets: targets
    };
    Kind kind = Kind::none;
    Kind base = Kind::none; // of an address: reg, variable or immediate
    bool negated = false;   // !p
    s32 reg = -1;
    s32 second = -1; // q of p|q; -2: p|_
    u32 target = 0;
    u64 bits = 0;
    s64 offset = 0;
    const Variable* variable = nullptr;
    std::string_view name;
    std::vector<Operand> elements;
    std::vector<u32> targets;
};

struct Instruction {
    std::string_view opcode;                 // "mad"
    std::vector<std::string_view> modifiers; // "lo", "s32"
    std::vector<Operand> operands;
    s32 guard = -1; // predicate register
    bool guard_negated = false;
    u32 line = 0;   // of the PTX text
    u32 source = 0; // index into Module::sources, 0: unknown

    [[nodiscard]] std::string text() const; // opcode with its modifiers
};

// What .loc says: a place, and where the function around it was inlined.
struct Source {
    u32 file = 0, line = 0;
    u32 inlined_file = 0, inlined_line = 0;
};

struct Function {
    std::string name;
    bool is_entry = false;
    bool defined = false;
    u32 line = 0;
    std::vector<std::unique_ptr<Variable>> params, returns;
    std::vector<std::unique_ptr<Variable>> variables; // of the body: .local, .shared, .param
    std::vector<RegClass> registers;
    std::vector<Instruction> body;
    std::optional<u32> max_threads, min_ctas;
    bool explicit_cluster = false;
};

struct Module {
    std::string file;   // shown in messages
    std::string text;   // tokens and names view into it
    std::string target; // "sm_80"
    int version_major = 0, version_minor = 0;
    std::vector<std::unique_ptr<Variable>> variables; // .global, .const, .shared
    std::vector<std::unique_ptr<Function>> functions;
    std::vector<Source> sources{{}};
    std::vector<std::string> files{{}}; // by number

    [[nodiscard]] const Function* function(std::string_view name) const noexcept;
};

// Throws Error(workload) with "FILE:LINE: ...". `file` is what messages call the text.
[[nodiscard]] std::unique_ptr<Module> parse(std::string text, std::string file);

} // namespace hone::emu::ptx
