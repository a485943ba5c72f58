#include "dot_source.embed.hpp"
#include "elements_source.embed.hpp"
#include "epilogue_source.embed.hpp"
#include "family.hpp"
#include "gemm_source.embed.hpp"
#include "outer_source.embed.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace hone::gemm_cpu {
namespace {

constexpr std::int64_t cache_line = 64;

std::int64_t round_up(std::int64_t value, std::int64_t step) {
    return (value + step - 1) / step * step;
}

// A thread's shares of the workspace, see kernel/outer.cc.
struct Areas {
    std::int64_t packed_a = 0, sums = 0, thread = 0;
};

bool d_is_sum(const Gemm& gemm) { return gemm.d == DType::f32; }

Areas areas(const Gemm& gemm, const Tuning& tuning) {
    if (tuning.mode == Mode::dot) return {};
    const std::int64_t mc = round_up(tuning.mc, tuning.mr), nc = round_up(tuning.nc, tuning.nr);
    Areas areas;
    // Panels have room for a transposed block, and the last one for what is stored beyond it.
    const std::int64_t steps = std::max(tuning.kc, tuning.vl);
    if (tuning.pack_a) areas.packed_a = round_up((mc * steps + tuning.vl) * 4, cache_line);
    if (!d_is_sum(gemm)) areas.sums = round_up(mc * nc * 4, cache_line);
    const std::int64_t packed_b =
        tuning.pack_b ? nc * steps * 4 : tuning.nr * tuning.kc * bytes(gemm.b, 1);
    areas.thread = areas.packed_a + areas.sums + round_up(packed_b, cache_line);
    return areas;
}

// "relu(add_bias(x))"
std::string epilogue(const Gemm& gemm) {
    std::string text = "x";
    for (const EpilogueStep step : gemm.epilogue) {
        const char* function = "";
        switch (step) {
        case EpilogueStep::bias:
            function = "add_bias";
            break;
        case EpilogueStep::relu:
            function = "relu";
            break;
        case EpilogueStep::silu:
            function = "silu";
            break;
        case EpilogueStep::gelu:
            function = "gelu";
            break;
        case EpilogueStep::gelu_tanh:
            function = "gelu_tanh";
            break;
        case EpilogueStep::residual:
            function = "add_residual";
            break;
        case EpilogueStep::swiglu:
            break; // not supported
        }
        text = std::string(function) + "(" + text + ")";
    }
    return text;
}

// Rows of problems that a module is for; with others it returns at once.
struct Rows {
    std::int64_t from = 1, to = std::numeric_limits<std::int64_t>::max();
};

std::vector<std::string> macros(const Gemm& gemm, const Tuning& tuning, Rows rows) {
    // -O2 compiles a fourth longer and makes no faster kernels: vectors are written by hand.
    std::vector<std::string> options{"-O1"};
    const auto define = [&](const char* name, const std::string& value) {
        options.push_back("-D" + std::string(name) + "=" + value);
    };
    const auto number = [&](const char* name, std::int64_t value) {
        define(name, std::to_string(value));
    };
    define("A_TYPE", std::string(to_string(gemm.a)));
    define("B_TYPE", std::string(to_string(gemm.b)));
    define("C_TYPE", std::string(to_string(gemm.c == DType::none ? gemm.d : gemm.c)));
    define("D_TYPE", std::string(to_string(gemm.d)));
    number("HAS_C", gemm.c != DType::none);
    number("ACCUMULATE", gemm.accumulate);
    number("HAS_ALPHA", gemm.scale != Scale::none);
    number("HAS_EPILOGUE", !gemm.epilogue.empty());
    define("EPILOGUE(x)", epilogue(gemm));
    number("M_FROM", rows.from);
    number("M_TO", rows.to);
    number("VL", tuning.vl);
    number("PAIRS", tuning.pairs);
    number("MR", tuning.mr);
    number("NR", tuning.nr);
    number("KU", tuning.ku);
    number("PREFETCH_B", tuning.prefetch_b);
    if (tuning.mode == Mode::dot) return options;

    const Areas bytes = areas(gemm, tuning);
    number("A_TRANSPOSED", a_transposed(gemm.layout));
    number("B_TRANSPOSED", b_transposed(gemm.layout));
    number("D_IS_SUM", d_is_sum(gemm));
    number("MC", round_up(tuning.mc, tuning.mr));
    number("NC", round_up(tuning.nc, tuning.nr));
    number("KC", tuning.kc);
    number("PACK_A", tuning.pack_a);
    number("PACK_B", tuning.pack_b);
    number("PANELS", tuning.panels);
    number("ROWS_INSIDE", tuning.rows_inside);
    number("PREFETCH_D", tuning.prefetch_d);
    number("FETCH", tuning.fetch);
    number("THREADS_M", tuning.threads_m);
    number("PACKED_A_BYTES", bytes.packed_a);
    number("SUMS_BYTES", bytes.sums);
    number("THREAD_BYTES", bytes.thread);
    return options;
}

// Every part keeps its own line numbers in diagnostics.
std::string source(Mode mode) {
    std::string text;
    const auto part = [&](std::string_view file, std::string_view body) {
        text += "#line 1 \"";
        text += file;
        text += "\"\n";
        text += body;
    };
    part("elements.cc", elements_source);
    part("epilogue.cc", epilogue_source);
    part("gemm.cc", gemm_source);
    if (mode == Mode::dot)
        part("dot.cc", dot_source);
    else
        part("outer.cc", outer_source);
    return text;
}

// In the order of struct Gemm in kernel/gemm.cc.
std::vector<KernelArg> arguments(const Gemm& gemm) {
    std::vector<KernelArg> args;
    for (const int operand :
         {Gemm::a_arg, Gemm::b_arg, Gemm::c_arg, Gemm::bias_arg, Gemm::residual_arg, Gemm::d_arg})
        args.emplace_back(OperandArg{operand});
    args.emplace_back(WorkspaceArg{});
    for (const int dim : {Gemm::m_dim, Gemm::n_dim, Gemm::k_dim, Gemm::batch_dim})
        args.emplace_back(DimArg{dim});
    for (const int operand :
         {Gemm::a_arg, Gemm::b_arg, Gemm::c_arg, Gemm::residual_arg, Gemm::d_arg}) {
        args.emplace_back(StrideArg{operand, 1});
        args.emplace_back(StrideArg{operand, 0});
    }
    const auto factor = [&](bool given, int operand, float otherwise) -> KernelArg {
        if (given) return ScalarArg{operand};
        return ImmediateArg{std::bit_cast<std::uint32_t>(otherwise)};
    };
    args.push_back(factor(gemm.scale != Scale::none, Gemm::alpha_arg, 1));
    args.push_back(factor(gemm.scale == Scale::alpha_beta, Gemm::beta_arg, 0));
    return args;
}

} // namespace

Program emit(const Gemm& gemm, const Tuning& tuning, const Machine& machine) {
    Program program;
    const auto add = [&](const Tuning& part, Rows rows) {
        Module module;
        module.name = part.mode == Mode::dot ? "gemm_dot.cc" : "gemm_outer.cc";
        module.source = source(part.mode);
        module.options = macros(gemm, part, rows);
        module.entries = {"gemm"};
        Step step;
        step.module = static_cast<int>(program.modules.size());
        step.kernel = "gemm";
        step.grid[0] = {machine.threads, {}};
        step.args = arguments(gemm);
        if (part.threads_m > 1) step.flags = Step::cooperative;
        program.modules.push_back(std::move(module));
        program.steps.push_back(std::move(step));
        program.workspace_bytes.factor =
            std::max(program.workspace_bytes.factor, areas(gemm, part).thread * machine.threads);
    };
    const std::optional<FewRows> few =
        tuning.mode == Mode::generic ? few_rows(gemm, machine) : std::nullopt;
    add(tuning, few ? Rows{few->most_rows + 1} : Rows{});
    if (few) add(few->tuning, {1, few->most_rows});

    // Every element is summed over k in one order, which depends on k alone, unless there are two
    // kernels.
    program.numerics = {gemm.a, DType::f32, 1, true, !few};
    if (tuning.mode == Mode::dot)
        program.tiles = {{Gemm::m_dim, tuning.mr},
                         {Gemm::n_dim, tuning.nr},
                         {Gemm::k_dim, tuning.vl * tuning.ku}};
    else
        program.tiles = {{Gemm::m_dim, round_up(tuning.mc, tuning.mr)},
                         {Gemm::n_dim, round_up(tuning.nc, tuning.nr)},
                         {Gemm::k_dim, tuning.kc}};
    return program;
}

} // namespace hone::gemm_cpu
