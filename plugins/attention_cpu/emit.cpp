#include "attention_source.embed.hpp"
#include "combine_source.embed.hpp"
#include "elements_source.embed.hpp"
#include "exponential_source.embed.hpp"
#include "family.hpp"
#include "rows_source.embed.hpp"
#include "tiles_source.embed.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>

namespace hone::attention_cpu {
namespace {

constexpr std::int64_t counter_bytes = 64; // of the next unit of work, at the workspace's beginning
constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

std::int64_t round_up(std::int64_t value, std::int64_t step) {
    return (value + step - 1) / step * step;
}

std::int64_t rows_of_block(const Tuning& tuning) { return tuning.strips * tuning.nv * tuning.vl; }
std::int64_t block_keys(const Tuning& tuning) {
    return round_up(tuning.bk, tuning.mode == Mode::rows ? tuning.vl : tuning.mk);
}

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

// What kernel/rows.cc divides among its threads.
Extent rows_bytes(const Tuning& tuning, std::int64_t slots, std::int64_t threads) {
    std::vector<Extent::Term> floats{{Attention::heads_dim, 1},
                                     {Attention::head_dim_dim, tuning.vl}};
    if (slots == 0) floats.push_back({Attention::q_len_dim, 1});
    Extent bytes{threads * 4 * block_keys(tuning), {}};
    bytes.plus = {{threads * 4 * tuning.vl * std::max<std::int64_t>(1, slots), floats}};
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
    Macros(const Attention& attention, const Tuning& tuning, std::int64_t slots) {
        define("TYPE", std::string(to_string(attention.dtype)));
        number("VL", tuning.vl);
        number("PAIRS", tuning.pairs);
        number("EXP_DEGREE", tuning.exp_degree);
        number("SPLIT", tuning.split);
        number("QUERY_SLOTS", slots);
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
    const std::optional<FewRows> few =
        tuning.mode == Mode::generic ? std::optional(few_rows(attention, machine)) : std::nullopt;
    const bool has_tiles = tuning.mode != Mode::rows;
    const Tuning& rows = few ? few->tuning : tuning;
    const std::int64_t rows_to = few ? few->most_rows : unlimited;
    const std::int64_t slots = few ? few->most_rows : 0;

    Extent threads_bytes{counter_bytes, {}};
    if (has_tiles) threads_bytes.plus.push_back(tiles_bytes(tuning, machine.threads));
    if (few || !has_tiles) threads_bytes.plus.push_back(rows_bytes(rows, slots, machine.threads));

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
    if (has_tiles) {
        Macros macros(attention, tuning, 0);
        macros.number("NV", tuning.nv);
        macros.number("MK", tuning.mk);
        macros.number("MV", tuning.mv);
        macros.number("KU", tuning.ku);
        macros.number("STRIPS", tuning.strips);
        macros.number("BK", block_keys(tuning));
        macros.number("COPY", tuning.copy || attention.dtype != DType::f32);
        macros.number("GROUPED", tuning.grouped);
        macros.number("ROWS_FROM", few ? few->most_rows + 1 : 1);
        add("tiles.cc", tiles_source, "attention_tiles", macros);
    }
    if (few || !has_tiles) {
        Macros macros(attention, rows, slots);
        macros.number("MV", rows.mv);
        macros.number("BK", block_keys(rows));
        macros.number("ALL_HEADS", rows.all_heads);
        macros.number("TOUCH", rows.touch);
        macros.number("ROWS_TO", rows_to);
        add("rows.cc", rows_source, "attention_rows", macros);
    }
    program.workspace_bytes = threads_bytes;
    if (few || !has_tiles || tuning.split > 1) {
        Macros macros(attention, rows, slots);
        macros.number("ROWS_TO", rows_to);
        add("combine.cc", combine_source, "attention_combine", macros);
        program.workspace_bytes.plus.push_back(pieces_bytes(rows.split, slots));
    }
    program.zero_init = {{.in_workspace = true, .bytes = {counter_bytes, {}}}};
    // With a window, where blocks of keys begin depends on the queries beside a row.
    const bool invariant = !few && attention.window == 0;
    program.numerics = {attention.dtype, DType::f32, 1, true, invariant};
    const std::int64_t queries = has_tiles ? rows_of_block(tuning) : 1;
    program.tiles = {{Attention::q_len_dim, queries},
                     {Attention::kv_len_dim, block_keys(tuning) * tuning.split}};
    return program;
}

} // namespace hone::attention_cpu
