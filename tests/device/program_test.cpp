#include "hone/program.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <vector>

using namespace hone;

namespace {

Program sample() {
    Program program;
    Module module;
    module.name = "gemm.cpp";
    module.source = "void f() {}";
    module.options = {"-O3", "-DBM=64"};
    module.entries = {"f"};
    program.modules = {module};
    Step step;
    step.kernel = "f";
    step.grid[0] = {.factor = 1, .terms = {{.dim = 0, .divisor = 64}}};
    step.args = {OperandArg{}, ScalarArg{}, WorkspaceArg{}, PreparedArg{},
                 DimArg{},     StrideArg{}, ImmediateArg{}, TensorMap{}};
    program.steps = {step};
    program.zero_init = {ZeroInit{}};
    program.prepare = {Prepare{.operand = 1, .layout = "nr16/1", .bytes = {}, .steps = {step}}};
    program.tiles = {Tile{}};
    return program;
}

template <typename Arg> Arg& arg(Program& program) {
    for (KernelArg& argument : program.steps[0].args) {
        if (auto* found = std::get_if<Arg>(&argument)) return *found;
    }
    throw std::logic_error("the sample lacks an argument");
}

// Every member once, with a value that differs from the sample's.
const std::vector<std::function<void(Program&)>> changes = {
    [](Program& p) { p.modules.emplace_back(); },
    [](Program& p) { p.modules[0].kind = Module::Kind::binary; },
    [](Program& p) { p.modules[0].name = "gemm.c"; },
    [](Program& p) { p.modules[0].source += " "; },
    [](Program& p) {
        p.modules[0].options = {"-DBM=64", "-O3"};
    },
    [](Program& p) { p.modules[0].options = {"-O3-DBM=64"}; },
    [](Program& p) { p.modules[0].options.pop_back(); },
    [](Program& p) {
        p.modules[0].entries = {"f", ""};
    },
    [](Program& p) { p.modules[0].library = "/lib/x.so"; },
    [](Program& p) { p.modules[0].version = "1"; },
    [](Program& p) { p.modules[0].bytes = {std::byte{0}}; },
    [](Program& p) { p.steps.push_back(p.steps[0]); },
    [](Program& p) { p.steps[0].module = 1; },
    [](Program& p) { p.steps[0].kernel = "g"; },
    [](Program& p) { p.steps[0].grid[0].factor = 2; },
    [](Program& p) { p.steps[0].grid[0].terms[0].dim = 1; },
    [](Program& p) { p.steps[0].grid[0].terms[0].divisor = 32; },
    [](Program& p) { p.steps[0].grid[0].plus = {Extent{}}; },
    [](Program& p) { p.steps[0].grid[0].plus = {Extent{.factor = 0, .terms = {}}}; },
    [](Program& p) { std::swap(p.steps[0].grid[0], p.steps[0].grid[1]); },
    [](Program& p) { std::swap(p.steps[0].grid[0], p.steps[0].grid[2]); },
    [](Program& p) { p.steps[0].block[2] = 2; },
    [](Program& p) { p.steps[0].cluster[2] = 2; },
    [](Program& p) { p.steps[0].shared_bytes = 1; },
    [](Program& p) { p.steps[0].flags = Step::cooperative; },
    [](Program& p) { p.steps[0].args.pop_back(); },
    [](Program& p) { std::swap(p.steps[0].args[1], p.steps[0].args[2]); },
    [](Program& p) { arg<OperandArg>(p).operand = 1; },
    [](Program& p) { arg<OperandArg>(p).offset_bytes = 1; },
    [](Program& p) { arg<ScalarArg>(p).operand = 1; },
    [](Program& p) { arg<WorkspaceArg>(p).offset_bytes.factor = 1; },
    [](Program& p) { arg<PreparedArg>(p).prepared = 1; },
    [](Program& p) { arg<DimArg>(p).dim = 1; },
    [](Program& p) { arg<DimArg>(p).bits = 32; },
    [](Program& p) { arg<StrideArg>(p).operand = 1; },
    [](Program& p) { arg<StrideArg>(p).axis = 1; },
    [](Program& p) { arg<StrideArg>(p).bits = 32; },
    [](Program& p) { arg<ImmediateArg>(p).value = 1; },
    [](Program& p) { arg<ImmediateArg>(p).bits = 64; },
    [](Program& p) { arg<TensorMap>(p).operand = 1; },
    [](Program& p) { arg<TensorMap>(p).offset_bytes = 1; },
    [](Program& p) { arg<TensorMap>(p).dtype = DType::f16; },
    [](Program& p) { arg<TensorMap>(p).rank = 3; },
    [](Program& p) { arg<TensorMap>(p).sizes[0] = 1; },
    [](Program& p) { arg<TensorMap>(p).strides_bytes[0] = 1; },
    [](Program& p) { arg<TensorMap>(p).box[0] = 1; },
    [](Program& p) { arg<TensorMap>(p).element_strides[0] = 2; },
    [](Program& p) { arg<TensorMap>(p).swizzle_bytes = 128; },
    [](Program& p) { arg<TensorMap>(p).l2_promotion_bytes = 128; },
    [](Program& p) { arg<TensorMap>(p).fill_nan = true; },
    [](Program& p) { p.workspace_bytes.factor = 1; },
    [](Program& p) { p.zero_init.emplace_back(); },
    [](Program& p) { p.zero_init[0].in_workspace = false; },
    [](Program& p) { p.zero_init[0].operand = 1; },
    [](Program& p) { p.zero_init[0].offset_bytes.factor = 1; },
    [](Program& p) { p.zero_init[0].bytes.factor = 2; },
    [](Program& p) { p.prepare[0].operand = 2; },
    [](Program& p) { p.prepare[0].layout = "nr16/2"; },
    [](Program& p) { p.prepare[0].bytes.factor = 2; },
    [](Program& p) { p.prepare[0].steps[0].kernel = "g"; },
    [](Program& p) { p.numerics.operand = DType::bf16; },
    [](Program& p) { p.numerics.accumulator = DType::f64; },
    [](Program& p) { p.numerics.split_terms = 3; },
    [](Program& p) { p.numerics.deterministic = false; },
    [](Program& p) { p.numerics.batch_invariant = true; },
    [](Program& p) { p.tiles[0].dim = 1; },
    [](Program& p) { p.tiles[0].extent = 2; },
    [](Program& p) { p.tiles[0].stages = 2; },
};

} // namespace

TEST_CASE("changing any member of a program changes its digest", "[device]") {
    std::vector<Digest> digests = {digest(sample())};
    for (const auto& change : changes) {
        Program program = sample();
        change(program);
        digests.push_back(digest(program));
    }
    CHECK(digest(sample()) == digests.front());
    std::sort(digests.begin(), digests.end());
    CHECK(std::adjacent_find(digests.begin(), digests.end()) == digests.end());
}

TEST_CASE("a module has a digest of its own", "[device]") {
    const Program program = sample();
    Module other = program.modules[0];
    CHECK(digest(other) == digest(program.modules[0]));
    other.options.emplace_back("-g");
    CHECK(digest(other) != digest(program.modules[0]));
    CHECK(digest(program.modules[0]) != digest(program));
}

TEST_CASE("an extent multiplies rounded-up quotients of the dims, and adds others", "[device]") {
    Problem problem;
    problem.dims = {1000, 64, 1, std::int64_t{1} << 40, std::int64_t{1} << 40};
    const std::vector<std::pair<Extent, std::int64_t>> table = {
        {{.factor = 7, .terms = {}}, 7},
        {{.factor = 1, .terms = {{0, 64}}}, 16},
        {{.factor = 4, .terms = {{0, 1000}, {1, 32}}}, 8},
        {{.factor = 0, .terms = {{0, 1}}}, 0},
        {{.factor = 3, .terms = {{2, 128}, {5, 1}}}, 0},
        {{.factor = 1, .terms = {{3, 1}, {4, 1}}}, std::numeric_limits<std::int64_t>::max()},
        {{.factor = 1, .terms = {{3, 1}, {4, 1}, {5, 1}}}, 0},
        {{.factor = 2, .terms = {{1, 1}}, .plus = {{3, {{0, 64}}}, {-1, {}}}}, 128 + 48 - 1},
        {{.factor = 1, .terms = {{3, 1}, {4, 1}}, .plus = {{5, {}}}},
         std::numeric_limits<std::int64_t>::max()},
    };
    for (const auto& [extent, expected] : table) CHECK(extent.value(problem) == expected);
}
