#include "attention_source.embed.hpp"
#include "combine_source.embed.hpp"
#include "elements_source.embed.hpp"
#include "exponential_source.embed.hpp"
#include "family.hpp"
#include "tiles_source.embed.hpp"

#include <bit>
#include <limits>

namespace hone::attention_cpu {
namespace {

constexpr std::int64_t counter_bytes = 64; // of the next unit of work, at the workspace's beginning
constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

std::int64_t round_up(std::int64_t value, std::int64_t step) {
    return (value + step - 1) / step * step;
}

std::int64_t rows_of_block(const Tuning& tuning) { return tuning.strips * tuning.nv * tuning.vl; }
std::int64_t block_keys(const Tuning& tuning) { return round_up(tuning.bk, tuning.mk); }

// At least what kernel/tiles.cc divides among its threads.
Extent tiles_bytes(const Tuning& tuning, std::int64_t threads) {
    const std::int64_t rows = rows_of_block(tuning), strip = tuning.nv * tuning.vl;
    const std::int64_t keys = block_keys(tuning), step = tuning.pairs ? 2 : 1;
    const auto dim = [](int slot, std::int64_t divisor) { return Extent::Term{slot, divisor}; };
    // Each of the parts is rounded up to 16 floats.
    Extent bytes{threads * 4 * (4 * (rows + 16) + strip * keys + 6 * 16), {}};
    bytes.plus = {
        {threads * 4 * rows, {dim(Attention::head_dim_dim, step)}},
        {threads * 4 * rows, {dim(Attention::head_dim_v_dim, 1)}},
        {threads * 4 * keys * tuning.vl, {dim(Attention::head_dim_dim, step * tuning.vl)}},
        {threads * 4 * (keys + 1) / step * tuning.vl, {dim(Attention::head_dim_v_dim, tuning.vl)}},
    };
    return bytes;
}

// Results of all pieces, each with room for `slots` queries of a sequence (0: q_len).
Extent pieces_bytes(std::int64_t split, std::int64_t slots) {
    const Extent::Term batch{Attention::batch_dim, 1}, heads{Attention::heads_dim, 1};
    std::vector<Extent::Term> rows{batch, heads};
    if (slots == 0) rows.push_back({Attention::q_len_dim, 1});
    const std::int64_t factor = split * 4 * std::max<std::int64_t>(1, slots);
    Extent totals{2 * factor, rows};
    rows.push_back({Attention::head_dim_v_dim, 1});
    totals.plus = {{factor, rows}};
    return totals;
}

// What all kernels of a program agree on.
class Macros final {
  public:
    Macros(const Attention& attention, const Tuning& tuning) {
        define("TYPE", std::string(to_string(attention.dtype)));
        number("VL", tuning.vl);
        number("PAIRS", tuning.pairs);
        number("EXP_DEGREE", tuning.exp_degree);
        number("HEAD_DIM", tuning.fixed_dims ? attention.head_dim : 0);
        number("HEAD_DIM_V", tuning.fixed_dims ? attention.head_dim_v : 0);
    }
    void define(const char* name, const std::string& value) {
        options_.push_back("-D" + std::string(name) + "=" + value);
    }
    void number(const char* name, std::int64_t value) { define(name, std::to_string(value)); }
    [[nodiscard]] const std::vector<std::string>& options() const { return options_; }

  private:
    // -O2 makes no faster kernels: vectors are written by hand.
    std::vector<std::string> options_{"-O1"};
};

// Every part keeps its own line numbers in diagnostics.
std::string source(const char* file, std::string_view body) {
    std::string text;
    const auto part = [&](std::string_view name, std::string_view lines) {
        text += "#line 1 \"";
        text += name;
        text += "\"\n";
        text += lines;
    };
    part("elements.cc", elements_source);
    part("exponential.cc", exponential_source);
    part("attention.cc", attention_source);
    part(file, body);
    return text;
}

// In the order of struct Attention in kernel/attention.cc.
std::vector<KernelArg> arguments(const Attention& attention, const Extent& pieces_at) {
    std::vector<KernelArg> args;
    for (const int operand : {Attention::q_arg, Attention::k_arg, Attention::v_arg,
                              Attention::q_offsets_arg, Attention::kv_offsets_arg,
                              Attention::block_table_arg, Attention::o_arg, Attention::lse_arg})
        args.emplace_back(OperandArg{operand});
    args.emplace_back(WorkspaceArg{});
    args.emplace_back(WorkspaceArg{pieces_at});
    for (const int dim :
         {Attention::batch_dim, Attention::heads_dim, Attention::kv_heads_dim, Attention::q_len_dim,
          Attention::kv_len_dim, Attention::head_dim_dim, Attention::head_dim_v_dim})
        args.emplace_back(DimArg{dim});
    const bool bshd = attention.layout == AttentionLayout::bshd;
    for (const int operand : {Attention::q_arg, Attention::k_arg, Attention::v_arg,
                              Attention::o_arg, Attention::lse_arg}) {
        args.emplace_back(StrideArg{operand, 0});
        args.emplace_back(StrideArg{operand, bshd ? 1 : 2});
        args.emplace_back(StrideArg{operand, bshd ? 2 : 1});
    }
    args.emplace_back(StrideArg{Attention::block_table_arg, 0});
    const auto flag = [&](std::int64_t value) {
        args.emplace_back(ImmediateArg{static_cast<std::uint64_t>(value), 64});
    };
    flag(attention.causal);
    flag(attention.window);
    flag(attention.page_size);
    flag(attention.explicit_scale);
    args.emplace_back(
        ImmediateArg{std::bit_cast<std::uint32_t>(static_cast<float>(attention.softcap))});
    if (attention.explicit_scale)
        args.emplace_back(ScalarArg{Attention::scale_arg});
    else
        args.emplace_back(ImmediateArg{0});
    return args;
}

} // namespace

Program emit(const Attention& attention, const Tuning& tuning, const Machine& machine) {
    Program program;
    Extent threads_bytes{counter_bytes, {}};
    threads_bytes.plus = {tiles_bytes(tuning, machine.threads)};

    const auto add = [&](const char* file, std::string_view body, const char* entry,
                         const Macros& macros) {
        Module module;
        module.name = std::string("attention_") + file;
        module.source = source(file, body);
        module.options = macros.options();
        module.entries = {entry};
        Step step;
        step.module = static_cast<int>(program.modules.size());
        step.kernel = entry;
        step.grid[0] = {machine.threads, {}};
        step.args = arguments(attention, threads_bytes);
        program.modules.push_back(std::move(module));
        program.steps.push_back(std::move(step));
    };
    Macros macros(attention, tuning);
    macros.number("SPLIT", tuning.split);
    macros.number("QUERY_SLOTS", 0);
    Macros tiles = macros;
    tiles.number("NV", tuning.nv);
    tiles.number("MK", tuning.mk);
    tiles.number("MV", tuning.mv);
    tiles.number("KU", tuning.ku);
    tiles.number("STRIPS", tuning.strips);
    tiles.number("BK", block_keys(tuning));
    tiles.number("COPY", tuning.copy || attention.dtype != DType::f32);
    tiles.number("GROUPED", tuning.grouped);
    tiles.number("ROWS_FROM", 1);
    add("tiles.cc", tiles_source, "attention_tiles", tiles);

    program.workspace_bytes = threads_bytes;
    if (tuning.split > 1) {
        macros.number("PIECE_KERNEL_FROM", 1);
        macros.number("PIECE_KERNEL_TO", unlimited);
        add("combine.cc", combine_source, "attention_combine", macros);
        program.workspace_bytes.plus.push_back(pieces_bytes(tuning.split, 0));
    }
    program.zero_init = {{.in_workspace = true, .bytes = {counter_bytes, {}}}};
    program.numerics = {attention.dtype, DType::f32, 1, true, attention.window == 0};
    program.tiles = {{Attention::q_len_dim, rows_of_block(tuning)},
                     {Attention::kv_len_dim, block_keys(tuning)}};
    return program;
}

} // namespace hone::attention_cpu
