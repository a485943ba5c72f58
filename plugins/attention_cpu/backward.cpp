#include "backward.hpp"

#include "backward_source.embed.hpp"
#include "family.hpp"
#include "hone/error.hpp"
#include "program.hpp"
#include "strips_source.embed.hpp"

#include <array>

namespace hone::attention_cpu {
namespace {

// One kernel form, and no choices that only the forward pass has.
Tuning shape_generic_backward(const Attention& attention, const Machine& machine) {
    Tuning tuning = shape_generic(attention, machine);
    tuning.mode = Mode::tiles;
    tuning.exp_degree = 5;
    tuning.pairs = false;
    return tuning;
}

// At least what kernel/backward.cc divides: delta of every query, then each thread's share.
Extent workspace_bytes(const Tuning& tuning, std::int64_t threads) {
    const std::int64_t rows = rows_of_block(tuning), strip = tuning.nv * tuning.vl;
    const std::int64_t keys = block_keys(tuning);
    const auto dim = [](int slot, std::int64_t divisor) { return Extent::Term{slot, divisor}; };
    // Each of the parts is rounded up to 16 floats.
    Extent bytes{counter_bytes + 64 + threads * 4 * (4 * (rows + 16) + 2 * strip * keys + 8 * 16),
                 {}};
    bytes.plus.push_back({4,
                          {dim(Attention::batch_dim, 1), dim(Attention::heads_dim, 1),
                           dim(Attention::q_len_dim, 1)}});
    for (const int slot : {Attention::head_dim_dim, Attention::head_dim_v_dim}) {
        bytes.plus.push_back({threads * 4 * 2 * rows, {dim(slot, 1)}});
        bytes.plus.push_back({threads * 4 * keys * tuning.vl, {dim(slot, tuning.vl)}});
    }
    return bytes;
}

} // namespace

Support AttentionBackwardCpu::supports(const Problem& problem, const DeviceModel& device) const {
    if (device.backend != "cpu") return {false, "only for backend cpu"};
    if (Attention::from(problem).dtype == DType::f16 && !Machine::from(device).half)
        return {false, "f16 needs a processor that converts it"};
    return {true, {}};
}

SearchSpace AttentionBackwardCpu::space(const Problem& problem, const DeviceModel& device) const {
    return backward_space(Attention::from(problem), Machine::from(device));
}

std::optional<Config> AttentionBackwardCpu::fallback(const Problem& problem,
                                                     const DeviceModel& device) const {
    return shape_generic_backward(Attention::from(problem), Machine::from(device)).config();
}

std::vector<Config> AttentionBackwardCpu::seeds(const Problem& problem,
                                                const DeviceModel& device) const {
    const Attention attention = Attention::from(problem);
    Tuning tuning = shape_generic_backward(attention, Machine::from(device));
    tuning.fixed_dims = true;
    std::vector<Config> configs{tuning.config()};
    if (attention.dtype == DType::f32) {
        tuning.copy = false;
        configs.push_back(tuning.config());
    }
    return configs;
}

StaticDims AttentionBackwardCpu::static_dims(const Problem& problem) const {
    return AttentionCpu().static_dims(problem);
}

Program AttentionBackwardCpu::emit(const Problem& problem, const Config& config,
                                   const DeviceModel& device) const {
    const Attention attention = Attention::from(problem);
    const Machine machine = Machine::from(device);
    const Tuning tuning = Tuning::from(config);
    std::string reason = objection(attention, tuning, machine);
    if (tuning.mode != Mode::tiles || tuning.split != 1 || tuning.pairs || tuning.grouped ||
        tuning.all_heads)
        reason = "the backward pass has MODE=tiles alone, no pieces, pairs or groups";
    if (!reason.empty())
        throw Error(Errc::workload,
                    "attention_backward_cpu: " + config.canonical_text() + ": " + reason);

    Program program;
    Macros macros(attention, tuning, 0);
    macros.strips(attention, tuning);
    const std::array parts{Part{"strips.cc", strips_source}, Part{"backward.cc", backward_source}};
    const std::array entries{"attention_delta", "attention_dq", "attention_dkv"};
    program.modules.push_back(make_module(parts, {entries.begin(), entries.end()}, macros));
    std::vector<KernelArg> args =
        arguments(attention,
                  {Attention::bq_arg, Attention::bk_arg, Attention::bv_arg,
                   Attention::bq_offsets_arg, Attention::bkv_offsets_arg, -1, Attention::bscale_arg,
                   Attention::bo_arg, Attention::blse_arg},
                  {0, {}});
    const std::array gradients{Attention::bdo_arg, Attention::dq_arg, Attention::dk_arg,
                               Attention::dv_arg};
    for (const int operand : gradients) args.emplace_back(OperandArg{operand});
    for (const int operand : gradients) add_strides(attention, operand, args);
    for (const char* entry : entries) {
        Step step;
        step.kernel = entry;
        step.grid[0] = {machine.threads, {}};
        step.args = args;
        program.steps.push_back(std::move(step));
    }
    program.workspace_bytes = workspace_bytes(tuning, machine.threads);
    program.zero_init = {{.in_workspace = true, .bytes = {counter_bytes, {}}}};
    program.numerics = {attention.dtype, DType::f32, 1, true, attention.window == 0};
    program.tiles = {{Attention::q_len_dim, rows_of_block(tuning)},
                     {Attention::kv_len_dim, rows_of_block(tuning)}};
    return program;
}

} // namespace hone::attention_cpu
