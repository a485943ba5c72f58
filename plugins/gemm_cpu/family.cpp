#include "family.hpp"

#include "hone/error.hpp"
#include "packed_layout.hpp"

#include <algorithm>
#include <array>

namespace hone::gemm_cpu {
namespace {

Support no(std::string reason) { return {false, std::move(reason)}; }

bool floating(DType dtype, const Machine& machine) {
    return dtype == DType::f64 || dtype == DType::f32 || dtype == DType::bf16 ||
           (dtype == DType::f16 && machine.half);
}

bool usable(const std::optional<PackedLayout>& layout, const Gemm& gemm, const Machine& machine) {
    if (!layout || layout->nr % machine.vector_floats != 0) return false;
    if (layout->nr > 4 * machine.vector_floats) return false;
    return !layout->pairs || pairs_are_possible(gemm, machine);
}

Tuning checked(const Gemm& gemm, const Config& config, const Machine& machine) {
    const Tuning tuning = Tuning::from(config);
    if (const std::string reason = objection(gemm, tuning, machine); !reason.empty())
        throw Error(Errc::workload, "gemm_cpu: " + config.canonical_text() + ": " + reason);
    return tuning.mode == Mode::generic ? shape_generic(gemm, machine) : tuning;
}

} // namespace

Support GemmCpu::supports(const Problem& problem, const DeviceModel& device) const {
    if (device.backend != "cpu") return no("only for backend cpu");
    const Gemm gemm = Gemm::from(problem);
    const Machine machine = machine_for(gemm, device);
    for (const DType dtype : {gemm.a, gemm.b, gemm.d})
        if (!floating(dtype, machine) && (dtype != gemm.b || dtype != DType::s8))
            return no("operands of type " + std::string(to_string(dtype)) + " are not supported");
    if (gemm.c != DType::none && !floating(gemm.c, machine))
        return no("C of type " + std::string(to_string(gemm.c)) + " is not supported");
    for (const EpilogueStep step :
         {EpilogueStep::silu, EpilogueStep::gelu, EpilogueStep::gelu_tanh, EpilogueStep::swiglu})
        if (gemm.a == DType::f64 && has_step(gemm, step))
            return no("activations other than relu are not as exact as f64");
    if (!gemm.b_layout.empty() && !usable(PackedLayout::parse(gemm.b_layout), gemm, machine))
        return no("b_layout " + gemm.b_layout + " is not known here");
    return {true, {}};
}

SearchSpace GemmCpu::space(const Problem& problem, const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    return gemm_cpu::space(gemm, machine_for(gemm, device));
}

std::optional<Config> GemmCpu::fallback(const Problem& problem, const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    return shape_generic(gemm, machine_for(gemm, device)).config();
}

std::vector<Config> GemmCpu::seeds(const Problem& problem, const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    std::vector<Config> configs;
    for (const Tuning& tuning : first_guesses(gemm, machine_for(gemm, device)))
        configs.push_back(tuning.config());
    return configs;
}

StaticDims GemmCpu::static_dims(const Problem&) const {
    // Kernels take all extents at run time: one compiled program serves every shape.
    const std::vector<std::int64_t> rows{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096};
    const std::vector<std::int64_t> extents{32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384};
    return {{},
            {{Gemm::m_dim, rows},
             {Gemm::n_dim, extents},
             {Gemm::k_dim, extents},
             {Gemm::batch_dim, {1, 4, 16, 64, 256}}}};
}

Program GemmCpu::emit(const Problem& problem, const Config& config,
                      const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    const Machine machine = machine_for(gemm, device);
    return gemm_cpu::emit(gemm, checked(gemm, config, machine), machine);
}

std::vector<std::pair<std::string, double>>
GemmCpu::features(const Problem& problem, const Config& config, const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    const Tuning tuning = Tuning::from(config);
    const auto real = [](std::int64_t value) { return static_cast<double>(value); };
    // How much of the work is in padding.
    const auto waste = [&](std::int64_t extent, std::int64_t block) {
        return real((extent + block - 1) / block * block) / real(extent);
    };
    const auto per = [&](std::int64_t bytes, std::int64_t cache) {
        return real(bytes) / real(std::max<std::int64_t>(1, cache));
    };
    const std::int64_t kc = std::min(tuning.kc, gemm.k);
    const std::int64_t vectors = tuning.mode == Mode::dot ? tuning.nr : tuning.nr / tuning.vl;
    return {
        {"sums", real(tuning.mr * vectors)},
        {"waste", waste(gemm.m, tuning.mr) * waste(gemm.n, tuning.nr)},
        {"loads_per_fma", real(tuning.mr + vectors) / real(tuning.mr * vectors)},
        {"b_panel_of_l1", per(kc * tuning.nr * 4, device.l1_bytes)},
        {"a_block_of_l2", per(kc * std::min(tuning.mc, gemm.m) * 4, device.l2_bytes)},
        {"b_block_of_l3", per(kc * std::min(tuning.nc, gemm.n) * 4, device.l3_bytes)},
        {"k_blocks", real((gemm.k + kc - 1) / kc)},
    };
}

} // namespace hone::gemm_cpu
