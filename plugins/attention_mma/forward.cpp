#include "forward.hpp"

#include "attention_source.embed.hpp"
#include "cuda_family/host/choice.hpp"
#include "cuda_family/host/features.hpp"
#include "elements_source.embed.hpp"
#include "forward_source.embed.hpp"
#include "forward_space.hpp"
#include "hone/error.hpp"
#include "matrix_source.embed.hpp"
#include "shape.hpp"

#include <algorithm>

namespace hone::attention_mma {

using namespace cuda_family;
using A = Attention;

namespace {

double real(std::int64_t value) { return static_cast<double>(value); }

// FORWARD_PARAMETERS of kernel/forward.cu.
std::vector<KernelArg> arguments(const Attention& attention, const Extent& partial_outputs) {
    const bool drawn = attention.lengths.kind != Lengths::Kind::fixed;
    const bool paged = attention.page_size > 0;
    std::vector<KernelArg> args = {pointer(true, A::q_arg),
                                   pointer(true, A::k_arg),
                                   pointer(true, A::v_arg),
                                   pointer(attention.variable_q, A::q_offsets_arg),
                                   pointer(drawn || paged, A::kv_offsets_arg),
                                   pointer(paged, A::block_table_arg),
                                   pointer(true, A::o_arg),
                                   pointer(attention.lse, A::lse_arg),
                                   WorkspaceArg{},
                                   WorkspaceArg{partial_outputs}};
    for (const int dim : {A::batch_dim, A::heads_dim, A::kv_heads_dim, A::q_len_dim, A::kv_len_dim})
        args.emplace_back(DimArg{dim});
    for (const int operand : {A::q_arg, A::k_arg, A::v_arg, A::o_arg})
        add_strides(args, attention, true, operand);
    add_strides(args, attention, attention.lse, A::lse_arg);
    if (paged)
        args.emplace_back(StrideArg{A::block_table_arg, 0});
    else
        args.emplace_back(ImmediateArg{0, 64});
    args.push_back(scale(attention, A::scale_arg));
    return args;
}

} // namespace

Support AttentionForward::supports(const Problem& problem, const DeviceModel& device) const {
    std::string reason = objection(A::from(problem), device);
    return {reason.empty(), reason};
}

SearchSpace AttentionForward::space(const Problem& problem, const DeviceModel& device) const {
    const Attention attention = A::from(problem);
    std::vector<Constraint> constraints = forward_rules(attention, Target::from(device));
    // Tiles of more than twice the rows there are would only compute padding.
    const std::string generic = std::to_string(forward_generic(attention).integer("BQ"));
    constraints.push_back(Constraint::expression(
        "BQ <= max(16, " + std::to_string(2 * attention.q_len) + " * PACK) or BQ == " + generic));
    constraints.push_back(
        Constraint::expression("BKV <= max(32, " + std::to_string(2 * attention.kv_len) + ")"));
    // A part has at least a tile of keys.
    constraints.push_back(
        Constraint::expression("SPLIT == 1 or SPLIT * BKV <= " + std::to_string(attention.kv_len)));
    return {forward_parameters(attention), std::move(constraints)};
}

std::optional<Config> AttentionForward::fallback(const Problem& problem, const DeviceModel&) const {
    return forward_generic(A::from(problem));
}

std::vector<Config> AttentionForward::seeds(const Problem& problem,
                                            const DeviceModel& device) const {
    return legal_ones(space(problem, device),
                      forward_guesses(A::from(problem), Target::from(device)));
}

StaticDims AttentionForward::static_dims(const Problem&) const {
    return attention_mma::static_dims();
}

Program AttentionForward::emit(const Problem& problem, const Config& config,
                               const DeviceModel& device) const {
    const Attention attention = A::from(problem);
    const Target target = Target::from(device);
    if (const std::string reason = cuda_family::objection(forward_parameters(attention),
                                                          forward_rules(attention, target), config);
        !reason.empty())
        throw Error(Errc::workload, "attention_mma: " + config.canonical_text() + ": " + reason);
    const ForwardFootprint block = footprint(attention, config);
    const std::int64_t split = config.integer("SPLIT"), pack = config.integer("PACK");

    Macros macros;
    define_problem(macros, attention, target);
    macros.number("HAS_LSE", attention.lse);
    for (const auto& [name, chosen] : config.values()) macros.define(name, to_string(chosen));
    macros.number("THREADS", block.threads);

    Program program;
    Module& module = program.modules.emplace_back();
    module.name = "attention_forward.cu";
    module.source = joined({{"elements.cuh", elements_source},
                            {"matrix.cuh", matrix_source},
                            {"attention.cuh", attention_source},
                            {"forward.cu", forward_source}});
    module.options = macros.options();
    module.entries = {"attention_forward"};

    // One f32 output and log-sum-exp for each query and head of each part.
    const std::vector<Extent::Term> rows = {
        {A::batch_dim, 1}, {A::heads_dim, 1}, {A::q_len_dim, 1}};
    const Extent outputs = {split == 1 ? 0 : 4 * split * attention.head_dim_v, rows};
    const std::vector<KernelArg> args = arguments(attention, outputs);
    Step forward;
    forward.kernel = "attention_forward";
    forward.grid[0] = {split * (attention.heads / pack),
                       {{A::q_len_dim, block.positions_per_tile}, {A::batch_dim, 1}}};
    forward.block = {static_cast<int>(block.threads), 1, 1};
    forward.shared_bytes = block.shared_bytes;
    forward.args = args;
    program.steps.push_back(std::move(forward));
    if (split > 1) {
        program.workspace_bytes = outputs;
        program.workspace_bytes.plus = {{4 * split, rows}};
        module.entries.emplace_back("attention_combine");
        Step combine;
        combine.kernel = "attention_combine";
        // A warp for each row, four to a block.
        combine.grid[0] = {1, {{A::q_len_dim, 4}, {A::batch_dim, 1}, {A::heads_dim, 1}}};
        combine.block = {128, 1, 1};
        combine.args = args;
        program.steps.push_back(std::move(combine));
    }

    program.numerics = {.operand = attention.dtype,
                        .accumulator = DType::f32,
                        .split_terms = 1,
                        .deterministic = true,
                        .batch_invariant = true};
    program.tiles = {{A::q_len_dim, block.positions_per_tile},
                     {A::kv_len_dim, config.integer("BKV") * split, config.integer("STAGES")}};
    return program;
}

std::vector<std::pair<std::string, double>>
AttentionForward::features(const Problem& problem, const Config& config,
                           const DeviceModel& device) const {
    const Attention attention = A::from(problem);
    const Target target = Target::from(device);
    const ForwardFootprint block = footprint(attention, config);
    const std::int64_t pack = config.integer("PACK");
    const std::int64_t query_tiles = tiles(attention.q_len, block.positions_per_tile);
    Features features = occupancy_features(
        target, {block.threads, block.registers, block.shared_bytes,
                 query_tiles * attention.batch * attention.heads / pack * config.integer("SPLIT")});
    features.insert(
        features.end(),
        {{"idle_rows", real(query_tiles * config.integer("BQ")) / real(attention.q_len * pack)},
         {"tiles_of_keys",
          real(attention.kv_len) / real(config.integer("BKV") * config.integer("SPLIT"))}});
    return features;
}

} // namespace hone::attention_mma
