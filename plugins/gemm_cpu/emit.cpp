#include "dot_source.embed.hpp"
#include "elements_source.embed.hpp"
#include "epilogue_source.embed.hpp"
#include "family.hpp"
#include "gemm_source.embed.hpp"
#include "outer_source.embed.hpp"
#include "packed_layout.hpp"
#include "swiglu_source.embed.hpp"

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

bool has_swiglu(const Gemm& gemm) { return has_step(gemm, EpilogueStep::swiglu); }

// Sums of a row that swiglu pairs are computed by different tiles: they meet in the workspace.
bool d_in_workspace(const Gemm& gemm) { return has_swiglu(gemm); }

DType sum_type(const Gemm& gemm) { return gemm.a == DType::f64 ? DType::f64 : DType::f32; }

bool d_is_sum(const Gemm& gemm) { return gemm.d == sum_type(gemm) || d_in_workspace(gemm); }

Areas areas(const Gemm& gemm, const Tuning& tuning) {
    if (tuning.mode == Mode::dot) return {};
    const std::int64_t mc = round_up(tuning.mc, tuning.mr), nc = round_up(tuning.nc, tuning.nr);
    Areas areas;
    // Panels have room for a transposed block, and the last one for what is stored beyond it.
    const std::int64_t steps = std::max(tuning.kc, tuning.vl);
    if (tuning.pack_a)
        areas.packed_a = round_up((mc * steps + tuning.vl) * bytes(sum_type(gemm), 1), cache_line);
    if (!d_is_sum(gemm)) areas.sums = round_up(mc * nc * 4, cache_line);
    const std::int64_t packed_b = tuning.pack_b ? nc * steps * bytes(sum_type(gemm), 1)
                                                : tuning.nr * tuning.kc * bytes(gemm.b, 1);
    areas.thread = areas.packed_a + areas.sums + round_up(packed_b, cache_line);
    return areas;
}

// "relu(add_bias(x))" of such steps.
std::string epilogue(std::span<const EpilogueStep> steps) {
    std::string text = "x";
    for (const EpilogueStep step : steps) {
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
            break; // splits the steps, see kernel/swiglu.cc
        }
        text = std::string(function) + "(" + text + ")";
    }
    return text;
}

// Rows of problems that a module is for; with others it returns at once.
struct Rows {
    std::int64_t from = 1, to = std::numeric_limits<std::int64_t>::max();
};

class Options {
  public:
    void define(const char* name, const std::string& value) {
        list_.push_back("-D" + std::string(name) + "=" + value);
    }
    void number(const char* name, std::int64_t value) { define(name, std::to_string(value)); }
    [[nodiscard]] std::vector<std::string> list() && { return std::move(list_); }

  private:
    // -O2 compiles a fourth longer and makes no faster kernels: vectors are written by hand.
    std::vector<std::string> list_{"-O1"};
};

DType scale_type(const Gemm& gemm) {
    return gemm.a == DType::f16 || gemm.a == DType::bf16 ? gemm.a : sum_type(gemm);
}

// What elements.cc and gemm.cc want to know.
Options operand_macros(const Gemm& gemm, const Tuning& tuning, DType d) {
    Options options;
    const bool scaled = gemm.b == DType::s8;
    options.define("A_TYPE", std::string(to_string(gemm.a)));
    options.define("B_TYPE", std::string(to_string(gemm.b)));
    options.define("C_TYPE", std::string(to_string(gemm.c == DType::none ? gemm.d : gemm.c)));
    options.define("D_TYPE", std::string(to_string(d)));
    options.define("S_TYPE", std::string(to_string(scale_type(gemm))));
    options.define("SUM_TYPE", std::string(to_string(sum_type(gemm))));
    options.number("SUM_IS_F64", sum_type(gemm) == DType::f64);
    options.number("HAS_C", gemm.c != DType::none);
    options.number("ACCUMULATE", gemm.accumulate);
    options.number("HAS_ALPHA", gemm.scale != Scale::none);
    options.number("GROUP", gemm.group);
    options.number("SCALE_SUMS", scaled && (gemm.group == 0 || tuning.mode != Mode::dot));
    options.number("D_IN_WORKSPACE", d_in_workspace(gemm));
    options.number("VL", tuning.vl);
    options.number("PAIRS", tuning.pairs);
    return options;
}

std::vector<std::string> macros(const Gemm& gemm, const Tuning& tuning, Rows rows) {
    Options options = operand_macros(gemm, tuning, d_in_workspace(gemm) ? DType::f32 : gemm.d);
    options.number("HAS_EPILOGUE", !gemm.epilogue.empty() && !d_in_workspace(gemm));
    options.define("EPILOGUE(x)", d_in_workspace(gemm) ? "x" : epilogue(gemm.epilogue));
    options.number("M_FROM", rows.from);
    options.number("M_TO", rows.to);
    options.number("MR", tuning.mr);
    options.number("NR", tuning.nr);
    options.number("KU", tuning.ku);
    options.number("PREFETCH_B", tuning.prefetch_b);
    if (tuning.mode == Mode::dot) return std::move(options).list();

    const Areas bytes = areas(gemm, tuning);
    options.number("A_TRANSPOSED", a_transposed(gemm.layout));
    options.number("B_TRANSPOSED", b_transposed(gemm.layout));
    options.number("D_IS_SUM", d_is_sum(gemm));
    options.number("MC", round_up(tuning.mc, tuning.mr));
    options.number("NC", round_up(tuning.nc, tuning.nr));
    options.number("KC", tuning.kc);
    options.number("PACK_A", tuning.pack_a);
    options.number("PACK_B", tuning.pack_b);
    options.number("FUSE_B", tuning.fuse_b);
    options.number("PREPACKED", !gemm.b_layout.empty());
    options.number("PANELS", tuning.panels);
    options.number("ROWS_INSIDE", tuning.rows_inside);
    options.number("PREFETCH_D", tuning.prefetch_d);
    options.number("FETCH", tuning.fetch);
    options.number("KEEP_A", tuning.keep_a);
    options.number("THREADS_M", tuning.threads_m);
    options.number("PACKED_A_BYTES", bytes.packed_a);
    options.number("SUMS_BYTES", bytes.sums);
    options.number("THREAD_BYTES", bytes.thread);
    return std::move(options).list();
}

std::vector<std::string> swiglu_macros(const Gemm& gemm, const Machine& machine) {
    Tuning plain;
    plain.vl = machine.vector_floats;
    Gemm rest = gemm;
    rest.epilogue.clear(); // D is D here
    Options options = operand_macros(rest, plain, gemm.d);
    const auto at = std::find(gemm.epilogue.begin(), gemm.epilogue.end(), EpilogueStep::swiglu);
    options.number("M_FROM", 0);
    options.define("EPILOGUE(x)", "x");
    options.define("BEFORE(x)", epilogue({gemm.epilogue.begin(), at}));
    options.define("AFTER(x)", epilogue({at + 1, gemm.epilogue.end()}));
    return std::move(options).list();
}

// Every part keeps its own line numbers in diagnostics.
std::string source(std::string_view file, std::string_view kernel) {
    std::string text;
    const auto part = [&](std::string_view name, std::string_view body) {
        text += "#line 1 \"";
        text += name;
        text += "\"\n";
        text += body;
    };
    part("elements.cc", elements_source);
    part("epilogue.cc", epilogue_source);
    part("gemm.cc", gemm_source);
    part(file, kernel);
    return text;
}

// In the order of struct Gemm in kernel/gemm.cc.
std::vector<KernelArg> arguments(const Gemm& gemm, KernelArg b, KernelArg d, KernelArg workspace) {
    std::vector<KernelArg> args{OperandArg{Gemm::a_arg},
                                std::move(b),
                                OperandArg{Gemm::c_arg},
                                OperandArg{Gemm::bias_arg},
                                OperandArg{Gemm::residual_arg},
                                OperandArg{Gemm::scale_b_arg},
                                std::move(d),
                                std::move(workspace)};
    for (const int dim : {Gemm::m_dim, Gemm::n_dim, Gemm::k_dim, Gemm::batch_dim})
        args.emplace_back(DimArg{dim});
    for (const int operand : {Gemm::a_arg, Gemm::b_arg, Gemm::c_arg, Gemm::residual_arg,
                              Gemm::scale_b_arg, Gemm::d_arg}) {
        args.emplace_back(StrideArg{operand, 1});
        args.emplace_back(StrideArg{operand, 0});
    }
    const auto factor = [&](bool given, int operand, double otherwise) -> KernelArg {
        if (given) return ScalarArg{operand};
        if (sum_type(gemm) == DType::f64)
            return ImmediateArg{std::bit_cast<std::uint64_t>(otherwise), 64};
        return ImmediateArg{std::bit_cast<std::uint32_t>(static_cast<float>(otherwise))};
    };
    args.push_back(factor(gemm.scale != Scale::none, Gemm::alpha_arg, 1));
    args.push_back(factor(gemm.scale == Scale::alpha_beta, Gemm::beta_arg, 0));
    return args;
}

Module module_of(const char* name, std::string source, std::vector<std::string> options,
                 std::vector<std::string> entries) {
    Module module;
    module.name = name;
    module.source = std::move(source);
    module.options = std::move(options);
    module.entries = std::move(entries);
    return module;
}

Step step_of(const Program& program, const char* kernel, const Machine& machine,
             std::vector<KernelArg> args) {
    Step step;
    step.module = static_cast<int>(program.modules.size()) - 1;
    step.kernel = kernel;
    step.grid[0] = {machine.threads, {}};
    step.args = std::move(args);
    return step;
}

// B as its layout has it: the same for all m, whatever else the config says.
Prepare preparation(const Gemm& gemm, const PackedLayout& layout, const Program& program,
                    const Machine& machine) {
    Gemm plain = gemm; // preparing knows no factors
    plain.scale = Scale::none;
    return {Gemm::b_arg,
            layout.name(),
            layout.bytes(gemm),
            {step_of(program, "pack", machine,
                     arguments(plain, OperandArg{Gemm::b_arg}, OperandArg{Gemm::d_arg},
                               PreparedArg{0}))}};
}

} // namespace

Program emit(const Gemm& gemm, const Tuning& tuning, const Machine& machine) {
    Program program;
    const std::optional<FewRows> few =
        tuning.mode == Mode::generic ? few_rows(gemm, machine) : std::nullopt;
    std::int64_t own_bytes = areas(gemm, tuning).thread; // of a thread
    if (few) own_bytes = std::max(own_bytes, areas(gemm, few->tuning).thread);
    const std::int64_t sums_at = own_bytes * machine.threads;
    program.workspace_bytes.factor = sums_at;
    const WorkspaceArg sums{{.factor = sums_at, .terms = {}}};
    KernelArg d = OperandArg{Gemm::d_arg};
    if (d_in_workspace(gemm)) {
        d = sums;
        program.workspace_bytes.plus = {
            {4, {{Gemm::m_dim, 1}, {Gemm::n_dim, 1}, {Gemm::batch_dim, 1}}}};
    }
    const std::optional<PackedLayout> layout = PackedLayout::parse(gemm.b_layout);
    const KernelArg b = layout ? KernelArg{PreparedArg{0}} : KernelArg{OperandArg{Gemm::b_arg}};
    const auto add = [&](const Tuning& part, Rows rows) {
        const bool dot = part.mode == Mode::dot;
        program.modules.push_back(
            module_of(dot ? "gemm_dot.cc" : "gemm_outer.cc",
                      dot ? source("dot.cc", dot_source) : source("outer.cc", outer_source),
                      macros(gemm, part, rows), {"gemm"}));
        if (layout) program.modules.back().entries.emplace_back("pack");
        program.steps.push_back(
            step_of(program, "gemm", machine, arguments(gemm, b, d, WorkspaceArg{})));
        if (part.threads_m > 1) program.steps.back().flags = Step::cooperative;
    };
    add(tuning, few ? Rows{few->most_rows + 1} : Rows{});
    if (layout) program.prepare.push_back(preparation(gemm, *layout, program, machine));
    if (few) add(few->tuning, {1, few->most_rows});
    if (d_in_workspace(gemm)) {
        program.modules.push_back(module_of("gemm_swiglu.cc", source("swiglu.cc", swiglu_source),
                                            swiglu_macros(gemm, machine), {"swiglu"}));
        program.steps.push_back(
            step_of(program, "swiglu", machine, arguments(gemm, b, OperandArg{Gemm::d_arg}, sums)));
    }

    // Every element is summed over k in one order, which depends on k alone, unless there are two
    // kernels.
    program.numerics = {tuning.pairs ? DType::bf16 : gemm.a, sum_type(gemm), 1, true, !few};
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
