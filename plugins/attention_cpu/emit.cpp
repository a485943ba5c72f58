#include "combine_source.embed.hpp"
#include "family.hpp"
#include "program.hpp"
#include "rows_source.embed.hpp"
#include "strips_source.embed.hpp"
#include "tiles_source.embed.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace hone::attention_cpu {
namespace {

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

// Scores that a thread of kernel/rows.cc keeps: half of the smallest fastest caches.
constexpr std::int64_t most_scores = 4096;

// At least what kernel/rows.cc divides among its threads.
Extent rows_bytes(const Tuning& tuning, std::int64_t slots, std::int64_t threads) {
    std::vector<Extent::Term> rows{{Attention::heads_dim, 1}};
    if (slots == 0) rows.push_back({Attention::q_len_dim, 1});
    const std::int64_t factor = threads * 4 * std::max<std::int64_t>(1, slots);
    Extent bytes{threads * 4 * (most_scores + 12 * tuning.vl), {}};
    bytes.plus = {{factor * 12, rows}};
    rows.push_back({Attention::head_dim_dim, tuning.vl});
    bytes.plus.push_back({factor * tuning.vl, rows});
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

    const auto add = [&](std::span<const Part> parts, const char* entry, const Macros& macros) {
        Step step;
        step.module = static_cast<int>(program.modules.size());
        step.kernel = entry;
        step.grid[0] = {machine.threads, {}};
        step.args = arguments(attention,
                              {Attention::q_arg, Attention::k_arg, Attention::v_arg,
                               Attention::q_offsets_arg, Attention::kv_offsets_arg,
                               Attention::block_table_arg, Attention::scale_arg, Attention::o_arg,
                               Attention::lse_arg},
                              threads_bytes);
        program.modules.push_back(make_module(parts, {entry}, macros));
        program.steps.push_back(std::move(step));
    };
    if (has_tiles) {
        Macros macros(attention, tuning, 0);
        macros.strips(attention, tuning);
        // Without it, few queries of many heads would each leave most lanes of a strip idle.
        macros.number("GROUPED", tuning.grouped || tuning.mode == Mode::generic);
        macros.number("ROWS_FROM", few ? few->most_rows + 1 : 1);
        add(std::array{Part{"strips.cc", strips_source}, Part{"tiles.cc", tiles_source}},
            "attention_tiles", macros);
    }
    if (few || !has_tiles) {
        Macros macros(attention, rows, slots);
        macros.number("MV", rows.mv);
        macros.number("BK", block_keys(rows));
        macros.number("ALL_HEADS", rows.all_heads);
        macros.number("SCORES", most_scores);
        macros.number("ROWS_TO", rows_to);
        add(std::array{Part{"rows.cc", rows_source}}, "attention_rows", macros);
    }
    program.workspace_bytes = threads_bytes;
    if (few || !has_tiles || tuning.split > 1) {
        Macros macros(attention, rows, slots);
        macros.number("ROWS_TO", rows_to);
        add(std::array{Part{"combine.cc", combine_source}}, "attention_combine", macros);
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
