#include "family.hpp"

#include "hone/error.hpp"

#include <algorithm>

namespace hone::attention_cpu {
namespace {

Support no(std::string reason) { return {false, std::move(reason)}; }

Tuning checked(const Attention& attention, const Config& config, const Machine& machine) {
    const Tuning tuning = Tuning::from(config);
    if (const std::string reason = objection(attention, tuning, machine); !reason.empty())
        throw Error(Errc::workload, "attention_cpu: " + config.canonical_text() + ": " + reason);
    return tuning.mode == Mode::generic ? shape_generic(attention, machine) : tuning;
}

} // namespace

Support AttentionCpu::supports(const Problem& problem, const DeviceModel& device) const {
    if (device.backend != "cpu") return no("only for backend cpu");
    const Attention attention = Attention::from(problem);
    if (attention.dtype == DType::f16 && !Machine::from(device).half)
        return no("f16 needs a processor that converts it");
    return {true, {}};
}

SearchSpace AttentionCpu::space(const Problem& problem, const DeviceModel& device) const {
    return attention_cpu::space(Attention::from(problem), Machine::from(device));
}

std::optional<Config> AttentionCpu::fallback(const Problem& problem,
                                             const DeviceModel& device) const {
    return shape_generic(Attention::from(problem), Machine::from(device)).config();
}

std::vector<Config> AttentionCpu::seeds(const Problem& problem, const DeviceModel& device) const {
    std::vector<Config> configs;
    for (const Tuning& tuning : first_guesses(Attention::from(problem), Machine::from(device)))
        configs.push_back(tuning.config());
    return configs;
}

StaticDims AttentionCpu::static_dims(const Problem&) const {
    const std::vector<std::int64_t> lengths{16,   32,   64,   128,  256,   512,
                                            1024, 2048, 4096, 8192, 16384, 65536};
    return {{Attention::head_dim_dim, Attention::head_dim_v_dim},
            {{Attention::q_len_dim, {1, 2, 4, 8, 16, 64, 256, 1024, 4096}},
             {Attention::kv_len_dim, lengths},
             {Attention::batch_dim, {1, 4, 16, 64, 256}},
             {Attention::heads_dim, {1, 2, 4, 8, 16, 32, 64}},
             {Attention::kv_heads_dim, {1, 2, 4, 8, 16, 32, 64}}}};
}

Program AttentionCpu::emit(const Problem& problem, const Config& config,
                           const DeviceModel& device) const {
    const Attention attention = Attention::from(problem);
    const Machine machine = Machine::from(device);
    return attention_cpu::emit(attention, checked(attention, config, machine), machine);
}

std::vector<std::pair<std::string, double>>
AttentionCpu::features(const Problem& problem, const Config& config,
                       const DeviceModel& device) const {
    const Attention attention = Attention::from(problem);
    const Tuning t = Tuning::from(config);
    const auto real = [](std::int64_t value) { return static_cast<double>(value); };
    const auto per = [&](std::int64_t bytes, std::int64_t cache) {
        return real(bytes) / real(std::max<std::int64_t>(1, cache));
    };
    const std::int64_t strip = t.nv * t.vl, rows = strip * t.strips;
    const std::int64_t queries =
        attention.q_len * (t.grouped ? attention.heads / attention.kv_heads : 1);
    const std::int64_t blocks = (queries + rows - 1) / rows;
    const std::int64_t units = blocks * attention.batch * attention.kv_heads * t.split;
    return {
        {"sums", real(t.mk * t.nv)},
        {"loads_per_fma", real(t.mk + t.nv) / real(t.mk * t.nv)},
        // How much of the work is for queries that do not exist.
        {"waste", real((queries + strip - 1) / strip * strip) / real(queries)},
        {"scores_of_l1", per(strip * t.bk * 4, device.l1_bytes)},
        {"block_of_l2",
         per((t.bk + rows) * (attention.head_dim + attention.head_dim_v) * 4, device.l2_bytes)},
        {"units_per_thread", real(units) / real(std::max<std::int64_t>(1, device.cores))},
    };
}

} // namespace hone::attention_cpu
