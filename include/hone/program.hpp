// What a candidate runs. Plain data, so that it can be hashed, sent to a worker and stored.
#pragma once

#include "hone/digest.hpp"
#include "hone/operation.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hone {

// A unit of compilation, or of loading.
struct Module {
    enum class Kind : std::uint8_t {
        source,  // text for the backend's compiler
        library, // a shared library with ready entry points, loaded in the process that runs it;
                 // they are called as hone/cpu.h or, with streams, hone/stream.h says
        binary,  // already compiled, from a bundle
    };
    Kind kind = Kind::source;
    std::string name;                 // shown in diagnostics; its extension selects the language
    std::string source;               // kind source
    std::vector<std::string> options; // compiler options and -D macros, in order
    std::vector<std::string> entries; // symbols the steps may name
    std::string library;              // kind library: absolute path
    std::string version;              // kind library: what the library says it is
    std::vector<std::byte> bytes;     // kind binary
};

// A size that may depend on the problem at launch: factor times the product of ceil(dim / divisor),
// plus the extents of `plus`.
struct Extent {
    struct Term {
        int dim = 0; // slot in Problem::dims
        std::int64_t divisor = 1;
    };
    std::int64_t factor = 1;
    std::vector<Term> terms = {};
    std::vector<Extent> plus = {};

    // Saturates.
    [[nodiscard]] std::int64_t value(const Problem& problem) const noexcept;
};

// Our own plain description of a TMA tensor map; the driver encodes it at launch.
struct TensorMap {
    int operand = 0; // index into the operation's args
    std::int64_t offset_bytes = 0;
    DType dtype = DType::bf16;
    int rank = 2; // innermost dimension first, as the driver wants it
    // Sizes and strides come from the operand's shape and strides at launch when 0, so that one
    // program serves any extent; dimension d of the map is axis rank - 1 - d of the operand then.
    std::array<std::int64_t, max_rank> sizes{};
    std::array<std::int64_t, max_rank> strides_bytes{}; // of dimensions 1 to rank - 1
    std::array<std::int32_t, max_rank> box{};
    std::array<std::int32_t, max_rank> element_strides{1, 1, 1, 1, 1};
    int swizzle_bytes = 0; // 0, 32, 64, 128
    int l2_promotion_bytes = 0;
    bool fill_nan = false;
};

// Kernel arguments. Each becomes one parameter of the kernel in order.
struct OperandArg { // pointer to an operand
    int operand = 0;
    std::int64_t offset_bytes = 0;
};
struct ScalarArg { // value of a rank-0 operand, by value
    int operand = 0;
};
// Pointer into the workspace. Where several parts lie one after the other, the offset of the second
// may depend on the problem.
struct WorkspaceArg {
    Extent offset_bytes{.factor = 0, .terms = {}};
};
struct PreparedArg {  // pointer to a prepared operand
    int prepared = 0; // index into Program::prepare
};
struct DimArg { // a dim of the problem
    int dim = 0;
    int bits = 64; // 32 or 64
};
struct StrideArg { // a stride of an operand, in elements
    int operand = 0;
    int axis = 0;
    int bits = 64;
};
struct ImmediateArg { // a constant known when the program was emitted
    std::uint64_t value = 0;
    int bits = 32;
};
using KernelArg = std::variant<OperandArg, ScalarArg, WorkspaceArg, PreparedArg, DimArg, StrideArg,
                               ImmediateArg, TensorMap>;

// One launch. On a CPU, grid[0] is the number of work items handed to parallel_run, and block,
// cluster and shared_bytes are unused.
struct Step {
    enum Flag : std::uint32_t {
        cooperative = 1, // all work items run at the same time (they may wait for each other)
        programmatic_launch = 2, // may start before the step before it has drained
        non_portable_cluster = 4,
    };
    int module = 0; // index into Program::modules
    std::string kernel;
    std::array<Extent, 3> grid;
    std::array<int, 3> block{1, 1, 1};
    std::array<int, 3> cluster{1, 1, 1};
    std::int64_t shared_bytes = 0; // dynamic
    std::vector<KernelArg> args;
    std::uint32_t flags = 0;
};

// Memory that must be zero before the first step of every launch.
struct ZeroInit {
    bool in_workspace = true; // else the operand
    int operand = 0;
    Extent offset_bytes{.factor = 0, .terms = {}};
    Extent bytes;
};

// One-off preparation of a constant operand into a named, versioned layout.
struct Prepare {
    int operand = 0;
    std::string layout; // "cpu-nr16/1"
    Extent bytes;
    std::vector<Step> steps; // PreparedArg is their output
};

// What kind of arithmetic the candidate uses: fixes the bound its kernel_error is held to.
struct Numerics {
    DType operand = DType::f32; // type the products are formed from
    DType accumulator = DType::f32;
    int split_terms = 1; // 3 for 3xtf32 and bf16x3: operands kept as that many terms
    bool deterministic = true;
    bool batch_invariant = false;
};

struct Program {
    std::vector<Module> modules;
    std::vector<Step> steps;
    Extent workspace_bytes{.factor = 0, .terms = {}};
    std::vector<ZeroInit> zero_init;
    std::vector<Prepare> prepare;
    Numerics numerics;
    std::vector<Tile> tiles; // for proxies
};

// Digest of everything above: two configs whose programs have equal digests are twins and share one
// result.
[[nodiscard]] Digest digest(const Program& program);
[[nodiscard]] Digest digest(const Module& module);

// What a compiler said about a module.
struct Resources {
    int registers = 0; // per thread
    std::int64_t spill_bytes = 0;
    std::int64_t stack_bytes = 0;
    std::int64_t shared_bytes = 0; // static
};

// A compiled module. Never leaves the machine it was made for, except in a binary bundle.
struct Binary {
    std::string format; // "elf-object", "cubin", "ptx"; empty for a library module
    std::vector<std::byte> bytes;
    Resources resources;
};

} // namespace hone
