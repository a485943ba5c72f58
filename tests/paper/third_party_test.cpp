// A third party's kernel, described by a table (T1) and never touched: parameters, constraints,
// macros, launch geometry and arguments are data, and one family class turns them into programs.
#include "carried.hpp"
#include "hone/error.hpp"
#include "hone/gemm.hpp"
#include "mini_family.hpp"
#include "tests/catch.hpp"

#include <algorithm>

using namespace paper;

namespace {

// What a kernel.toml says.
struct Description {
    std::string kernel, source_file, operation, backend;
    std::vector<Parameter> parameters;
    std::vector<std::string> constraints;
    // Per axis: a dim divided by a parameter; empty: 1.
    std::vector<std::pair<std::string, std::string>> grid;
    std::string threads; // a parameter
    // Names of operands, dims, "OPERAND.stride" or "=NUMBER", in the order of the signature.
    std::vector<std::string> args;
    Config untuned; // the author's own choice
};

class Described final : public MiniFamily {
  public:
    Described(Description description, const Operation& operation)
        : MiniFamily("kernel:" + description.kernel, description.operation, description.backend),
          description_(std::move(description)), operation_(operation) {}

    SearchSpace space(const Problem&, const DeviceModel&) const override {
        std::vector<Constraint> constraints;
        for (const std::string& text : description_.constraints)
            constraints.push_back(Constraint::expression(text));
        return {description_.parameters, std::move(constraints)};
    }
    std::optional<Config> fallback(const Problem&, const DeviceModel&) const override {
        return description_.untuned;
    }

    Program emit(const Problem& problem, const Config& config, const DeviceModel&) const override {
        Program program;
        program.modules = {source_module(description_.source_file, {description_.kernel}, config)};
        Step launch;
        launch.kernel = description_.kernel;
        for (std::size_t axis = 0; axis < description_.grid.size(); ++axis) {
            const auto& [dim, tile] = description_.grid[axis];
            launch.grid[axis] = tiles(operation_.schema().slot(dim), config.integer(tile));
        }
        launch.block[0] = static_cast<int>(config.integer(description_.threads));
        const std::vector<ArgSpec> specs = operation_.args(problem);
        for (const std::string& name : description_.args)
            launch.args.push_back(argument(name, specs));
        program.steps = {std::move(launch)};
        return program;
    }

  private:
    KernelArg argument(const std::string& text, const std::vector<ArgSpec>& specs) const {
        if (text.starts_with('='))
            return ImmediateArg{static_cast<std::uint64_t>(std::stoll(text.substr(1))), 32};
        const auto dot = text.find(".stride");
        const auto spec = std::ranges::find(specs, text.substr(0, dot), &ArgSpec::name);
        if (spec == specs.end()) return DimArg{operation_.schema().slot(text), 32};
        const int operand = static_cast<int>(spec - specs.begin());
        if (dot != std::string::npos) return StrideArg{operand, spec->rank - 2, 32};
        return spec->rank == 0 ? KernelArg{ScalarArg{operand}} : KernelArg{OperandArg{operand}};
    }

    Description description_;
    const Operation& operation_;
};

// The well-known tunable GEMM of CLBlast and the tuners' benchmark suites, in its own words.
Description clblast_gemm() {
    Description text;
    text.kernel = "Xgemm";
    text.source_file = "xgemm.cu";
    text.operation = "gemm";
    text.backend = "cuda";
    text.parameters = {{"MWG", {16, 32, 64, 128}},
                       {"NWG", {16, 32, 64, 128}},
                       {"KWG", {16, 32}},
                       {"MDIMC", {8, 16, 32}},
                       {"NDIMC", {8, 16, 32}},
                       {"VWM", {1, 2, 4, 8}},
                       {"THREADS", {64, 128, 256, 512, 1024}}};
    text.constraints = {"MWG % (MDIMC * VWM) == 0", "NWG % NDIMC == 0", "THREADS == MDIMC * NDIMC",
                        "32 <= THREADS <= 1024"};
    text.grid = {{"m", "MWG"}, {"n", "NWG"}};
    text.threads = "THREADS";
    text.args = {"m", "n", "k", "alpha", "a", "a.stride", "b", "b.stride", "d", "d.stride", "=0"};
    text.untuned = {{"MWG", 64},   {"NWG", 64}, {"KWG", 16},     {"MDIMC", 16},
                    {"NDIMC", 16}, {"VWM", 2},  {"THREADS", 256}};
    return text;
}

} // namespace

TEST_CASE("paper: a third party's kernel described by a table", "[paper]") {
    Gemm gemm;
    gemm.m = 1000;
    gemm.n = 500;
    gemm.k = 64;
    gemm.scale = Scale::alpha;
    const Described family(clblast_gemm(), gemm_operation());
    const Problem problem = gemm.problem();
    const auto untuned = family.fallback(problem, hopper());
    REQUIRE(untuned);
    const Program program = check_carried(gemm_operation(), family, problem, *untuned, hopper());
    CHECK(program.steps[0].grid[0].value(problem) == 16);
    CHECK(program.steps[0].grid[1].value(problem) == 8);
    CHECK(program.steps[0].block[0] == 256);
    CHECK(std::ranges::count(program.modules[0].options, "-DMWG=64") == 1);

    const SearchSpace space = family.space(problem, hopper());
    REQUIRE(space.legal_count());
    CHECK(*space.legal_count() > 100);
    CHECK(*space.legal_count() < space.raw_count());

    Description wrong = clblast_gemm();
    wrong.constraints.emplace_back("MWG % MISSING == 0");
    CHECK_THROWS_AS(Described(wrong, gemm_operation()).space(problem, hopper()), Error);
}
