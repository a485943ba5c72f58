#include "carried.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <vector>

namespace paper {
namespace {

using namespace hone;

bool inside(int index, std::size_t count) {
    return index >= 0 && static_cast<std::size_t>(index) < count;
}

// Looks at every argument of the steps and notes the operands that they reach.
struct Reached {
    const Program& program;
    const Problem& problem;
    const std::vector<ArgSpec>& specs;
    std::set<int>& operands;

    void reach(int operand) {
        REQUIRE(inside(operand, specs.size()));
        INFO("operand " << operand);
        CHECK(specs[static_cast<std::size_t>(operand)].present());
        operands.insert(operand);
    }

    void operator()(const OperandArg& arg) { reach(arg.operand); }
    void operator()(const ScalarArg& arg) {
        reach(arg.operand);
        CHECK(specs[static_cast<std::size_t>(arg.operand)].rank == 0);
    }
    void operator()(const WorkspaceArg& arg) {
        CHECK(arg.offset_bytes.value(problem) >= 0);
        CHECK(arg.offset_bytes.value(problem) < program.workspace_bytes.value(problem));
    }
    void operator()(const PreparedArg& arg) { CHECK(inside(arg.prepared, program.prepare.size())); }
    void operator()(const DimArg& arg) { CHECK(inside(arg.dim, problem.dims.size())); }
    void operator()(const StrideArg& arg) {
        REQUIRE(inside(arg.operand, specs.size()));
        const ArgSpec& spec = specs[static_cast<std::size_t>(arg.operand)];
        CHECK(spec.present());
        CHECK(inside(arg.axis, static_cast<std::size_t>(spec.rank)));
    }
    void operator()(const ImmediateArg& arg) { CHECK((arg.bits == 32 || arg.bits == 64)); }
    void operator()(const TensorMap& map) {
        reach(map.operand);
        const ArgSpec& spec = specs[static_cast<std::size_t>(map.operand)];
        CHECK(bits(map.dtype) == bits(spec.dtype));
        const bool sizes_from_operand =
            std::ranges::any_of(map.sizes, [](std::int64_t size) { return size == 0; });
        if (sizes_from_operand) CHECK(map.rank == spec.rank);
        for (std::size_t d = 0; d < static_cast<std::size_t>(map.rank); ++d) CHECK(map.box[d] > 0);
    }
};

void check_steps(const std::vector<Step>& steps, Reached& reached) {
    for (const Step& step : steps) {
        INFO("step " << step.kernel);
        REQUIRE(inside(step.module, reached.program.modules.size()));
        const Module& module = reached.program.modules[static_cast<std::size_t>(step.module)];
        CHECK(std::ranges::count(module.entries, step.kernel) == 1);
        for (const Extent& extent : step.grid) CHECK(extent.value(reached.problem) >= 1);
        for (const KernelArg& arg : step.args) std::visit(reached, arg);
    }
}

void check_digest(const Program& program, const Program& again) {
    CHECK(digest(program) == digest(again));
    const std::vector<std::function<void(Program&)>> changes = {
        [](Program& p) { p.modules[0].version += "x"; },
        [](Program& p) { p.modules[0].options.emplace_back("-DX"); },
        [](Program& p) { p.steps[0].grid[0].factor += 1; },
        [](Program& p) { p.steps[0].block[0] += 32; },
        [](Program& p) { p.steps.back().args.pop_back(); },
        [](Program& p) { p.steps.push_back(p.steps.back()); },
        [](Program& p) { p.workspace_bytes.factor += 1; },
        [](Program& p) { p.numerics.deterministic = !p.numerics.deterministic; },
    };
    for (const auto& change : changes) {
        Program changed = program;
        change(changed);
        CHECK(digest(changed) != digest(program));
    }
}

} // namespace

Program check_carried(const Operation& operation, const KernelFamily& family,
                      const Problem& problem, const Config& config, const DeviceModel& device) {
    INFO(family.name() << ": " << canonical_text(operation.schema(), problem) << ": "
                       << config.canonical_text());
    operation.validate(problem);
    REQUIRE(family.supports(problem, device).yes);
    const SearchSpace space = family.space(problem, device);
    const auto index = space.find(config);
    REQUIRE(index);
    CHECK(space.broken_constraint(*index).empty());

    const Program program = family.emit(problem, config, device);
    REQUIRE_FALSE(program.modules.empty());
    REQUIRE_FALSE(program.steps.empty());
    const std::vector<ArgSpec> specs = operation.args(problem);
    std::set<int> operands;
    Reached reached{program, problem, specs, operands};
    check_steps(program.steps, reached);
    for (const Prepare& prepare : program.prepare) {
        reached.reach(prepare.operand);
        CHECK(specs[static_cast<std::size_t>(prepare.operand)].role == Role::constant);
        CHECK(prepare.bytes.value(problem) > 0);
        check_steps(prepare.steps, reached);
    }
    for (const ZeroInit& zero : program.zero_init) {
        const std::int64_t end = zero.offset_bytes.value(problem) + zero.bytes.value(problem);
        if (zero.in_workspace)
            CHECK(end <= program.workspace_bytes.value(problem));
        else
            reached.reach(zero.operand);
    }
    for (std::size_t i = 0; i < specs.size(); ++i) {
        INFO("operand " << specs[i].name);
        if (specs[i].present()) CHECK(operands.contains(static_cast<int>(i)));
    }

    check_digest(program, family.emit(problem, config, device));
    return program;
}

} // namespace paper
