#include "backward.hpp"

#include "attention_source.embed.hpp"
#include "backward_source.embed.hpp"
#include "cuda_family/host/choice.hpp"
#include "elements_source.embed.hpp"
#include "hone/error.hpp"
#include "matrix_source.embed.hpp"
#include "shape.hpp"

#include <algorithm>
#include <cmath>

namespace hone::attention_mma {

using namespace cuda_family;
using A = Attention;

namespace {

std::string text(std::int64_t value) { return std::to_string(value); }
double real(std::int64_t value) { return static_cast<double>(value); }

// Registers of a thread besides sums, weights and their gradients.
constexpr std::int64_t other_registers = 64;

std::vector<Parameter> parameters() {
    return {
        {"BQ", integers({16, 32, 64}), true, "queries per tile"},
        {"BKV", integers({32, 64, 128}), true, "keys per tile, 16 to a warp"},
        {"PASSES", integers({1, 2}), true,
         "2: gradients of keys and of values one after the other"},
        {"DETERMINISTIC", integers({1, 0}), false,
         "gradients of queries by a kernel of their own, or by atomic additions"},
        {"MIN_BLOCKS", integers({1, 2}), true, "blocks per SM that registers are kept for"},
    };
}

std::vector<Constraint> rules(const Attention& attention, const Target& target) {
    const std::int64_t d = padded(attention.head_dim), d_v = padded(attention.head_dim_v);
    const std::int64_t rows = row_bytes(attention.head_dim) + row_bytes(attention.head_dim_v);
    const std::string shared =
        "((BKV + BQ) * " + text(rows) +
        " + 8 * BQ + (1 - DETERMINISTIC) * BKV * (2 * BQ + 16)) * MIN_BLOCKS";
    const std::string both = text((d + d_v) / 2), one = text(std::max(d, d_v) / 2);
    const std::string registers = "((2 - PASSES) * " + both + " + (PASSES - 1) * " + one +
                                  " + BQ + " + text(other_registers) + ")";
    std::vector<Constraint> rules;
    for (const std::string& expression : {
             shared + " <= min(" + text(target.shared_bytes) + " * MIN_BLOCKS, " +
                 text(target.sm_shared_bytes) + " - 1024 * MIN_BLOCKS)",
             registers + " <= 255",
             registers + " * 2 * BKV * MIN_BLOCKS <= " + text(target.registers),
             "2 * BKV * MIN_BLOCKS <= " + text(target.sm_threads),
         })
        rules.push_back(Constraint::expression(expression));
    return rules;
}

std::int64_t shared_bytes(const Attention& attention, const Config& config) {
    const std::int64_t bq = config.integer("BQ"), bkv = config.integer("BKV");
    const std::int64_t rows = row_bytes(attention.head_dim) + row_bytes(attention.head_dim_v);
    const std::int64_t weights = config.integer("DETERMINISTIC") != 0 ? 0 : bkv * row_bytes(bq);
    return (bkv + bq) * rows + 8 * bq + weights;
}

Config generic(const Attention& attention) {
    const bool wide = std::max(attention.head_dim, attention.head_dim_v) > 128;
    return {{"BQ", wide ? 16 : 32},
            {"BKV", wide ? 32 : 64},
            {"PASSES", wide ? 2 : 1},
            {"DETERMINISTIC", 1},
            {"MIN_BLOCKS", 1}};
}

// BACKWARD_PARAMETERS of kernel/backward.cu.
std::vector<KernelArg> arguments(const Attention& attention, const Extent& deltas) {
    const bool drawn = attention.lengths.kind != Lengths::Kind::fixed;
    std::vector<KernelArg> args;
    for (const int operand : {A::bq_arg, A::bk_arg, A::bv_arg, A::bo_arg, A::bdo_arg, A::blse_arg})
        args.push_back(pointer(true, operand));
    args.push_back(pointer(attention.variable_q, A::bq_offsets_arg));
    args.push_back(pointer(drawn, A::bkv_offsets_arg));
    for (const int operand : {A::dq_arg, A::dk_arg, A::dv_arg})
        args.push_back(pointer(true, operand));
    args.emplace_back(WorkspaceArg{});
    args.emplace_back(WorkspaceArg{deltas});
    for (const int dim : {A::batch_dim, A::heads_dim, A::kv_heads_dim, A::q_len_dim, A::kv_len_dim})
        args.emplace_back(DimArg{dim});
    for (const int operand : {A::bq_arg, A::bk_arg, A::bv_arg, A::bo_arg, A::bdo_arg, A::blse_arg,
                              A::dq_arg, A::dk_arg, A::dv_arg})
        add_strides(args, attention, true, operand);
    args.push_back(scale(attention, A::bscale_arg));
    return args;
}

} // namespace

Support AttentionBackward::supports(const Problem& problem, const DeviceModel& device) const {
    std::string reason = objection(A::from(problem), device);
    return {reason.empty(), reason};
}

SearchSpace AttentionBackward::space(const Problem& problem, const DeviceModel& device) const {
    return {parameters(), rules(A::from(problem), Target::from(device))};
}

std::optional<Config> AttentionBackward::fallback(const Problem& problem,
                                                  const DeviceModel&) const {
    return generic(A::from(problem));
}

std::vector<Config> AttentionBackward::seeds(const Problem& problem,
                                             const DeviceModel& device) const {
    const SearchSpace all = space(problem, device);
    const Attention attention = A::from(problem);
    // What is copied through registers, sums of wide heads would be spilled for.
    const bool crowded = !Target::from(device).async_copies() &&
                         std::max(attention.head_dim, attention.head_dim_v) > 64;
    std::vector<Config> configs;
    for (const std::int64_t deterministic : {0, 1})
        for (const std::int64_t keys : {128, 64}) {
            Config config = generic(attention);
            if (crowded) config.set("BQ", 16);
            config.set("DETERMINISTIC", deterministic);
            config.set("BKV", keys);
            if (const auto index = all.find(config); index && all.legal(*index))
                configs.push_back(std::move(config));
        }
    return configs;
}

StaticDims AttentionBackward::static_dims(const Problem&) const {
    return attention_mma::static_dims();
}

Program AttentionBackward::emit(const Problem& problem, const Config& config,
                                const DeviceModel& device) const {
    const Attention attention = A::from(problem);
    const Target target = Target::from(device);
    if (const std::string reason =
            cuda_family::objection(parameters(), rules(attention, target), config);
        !reason.empty())
        throw Error(Errc::workload,
                    "attention_mma_backward: " + config.canonical_text() + ": " + reason);
    const std::int64_t bkv = config.integer("BKV"), threads = 2 * bkv;
    const bool deterministic = config.integer("DETERMINISTIC") != 0;
    const bool one_pass = config.integer("PASSES") == 1;

    Program program;
    const auto add_module = [&](bool wants_k, bool wants_v) {
        Macros macros;
        define_problem(macros, attention, target);
        for (const char* name : {"BQ", "BKV", "DETERMINISTIC", "MIN_BLOCKS"})
            macros.number(name, config.integer(name));
        macros.number("WANTS_K", wants_k)
            .number("WANTS_V", wants_v)
            .number("PACK", 1)
            .number("THREADS", threads);
        Module& module = program.modules.emplace_back();
        module.name = "attention_backward.cu";
        module.source = joined({{"elements.cuh", elements_source},
                                {"matrix.cuh", matrix_source},
                                {"attention.cuh", attention_source},
                                {"backward.cu", backward_source}});
        module.options = macros.options();
    };
    add_module(true, one_pass);
    if (!one_pass) add_module(false, true);

    const std::vector<Extent::Term> rows = {
        {A::batch_dim, 1}, {A::heads_dim, 1}, {A::q_len_dim, 1}};
    const Extent deltas = {4, rows}, dq_sums = {4 * attention.head_dim, rows};
    const std::vector<KernelArg> args = arguments(attention, deltas);
    const auto add_step = [&](int module, const char* kernel, const Extent& grid,
                              std::int64_t block, std::int64_t shared) {
        Step step;
        step.module = module;
        step.kernel = kernel;
        step.grid[0] = grid;
        step.block = {static_cast<int>(block), 1, 1};
        step.shared_bytes = shared;
        step.args = args;
        program.modules[static_cast<std::size_t>(module)].entries.emplace_back(kernel);
        program.steps.push_back(std::move(step));
    };
    // A warp for each query, four to a block.
    const Extent each_query = {1, {{A::q_len_dim, 4}, {A::batch_dim, 1}, {A::heads_dim, 1}}};
    const Extent key_tiles = {1, {{A::kv_len_dim, bkv}, {A::batch_dim, 1}, {A::kv_heads_dim, 1}}};
    const Extent query_tiles = {1, {{A::q_len_dim, bkv}, {A::batch_dim, 1}, {A::heads_dim, 1}}};
    const std::int64_t shared = shared_bytes(attention, config);
    program.workspace_bytes = deltas;
    add_step(0, "attention_delta", each_query, 128, 0);
    add_step(0, "attention_keys", key_tiles, threads, shared);
    if (!one_pass) add_step(1, "attention_keys", key_tiles, threads, shared);
    if (deterministic) {
        add_step(0, "attention_queries", query_tiles, threads, shared);
    } else {
        program.workspace_bytes.plus = {dq_sums};
        program.zero_init = {
            {.in_workspace = true, .operand = 0, .offset_bytes = deltas, .bytes = dq_sums}};
        add_step(0, "attention_convert", each_query, 128, 0);
    }

    program.numerics = {.operand = attention.dtype,
                        .accumulator = DType::f32,
                        .split_terms = 1,
                        .deterministic = deterministic,
                        .batch_invariant = deterministic};
    // Each kernel goes through the other side's tiles.
    const std::int64_t bq = config.integer("BQ");
    program.tiles = {{A::q_len_dim, std::max(bq, bkv)}, {A::kv_len_dim, std::max(bq, bkv)}};
    return program;
}

std::vector<std::pair<std::string, double>>
AttentionBackward::features(const Problem& problem, const Config& config,
                            const DeviceModel& device) const {
    const Attention attention = A::from(problem);
    const Target target = Target::from(device);
    const std::int64_t bq = config.integer("BQ"), bkv = config.integer("BKV");
    const std::int64_t d = padded(attention.head_dim), d_v = padded(attention.head_dim_v);
    const std::int64_t sums = config.integer("PASSES") == 1 ? (d + d_v) / 2 : std::max(d, d_v) / 2;
    const std::int64_t shared = shared_bytes(attention, config);
    const std::int64_t blocks =
        (attention.kv_len + bkv - 1) / bkv * attention.batch * attention.kv_heads;
    const std::int64_t resident = std::max<std::int64_t>(
        1, target.resident_blocks(2 * bkv, sums + bq + other_registers, shared));
    return {
        {"shared_bytes", real(shared)},
        {"registers", real(sums + bq + other_registers)},
        {"threads", real(2 * bkv)},
        {"resident_warps", real(resident * bkv / 16)},
        {"waves", real(blocks) / real(resident * target.sms)},
        {"tiles_of_queries", real(attention.q_len) / real(bq)},
    };
}

} // namespace hone::attention_mma
