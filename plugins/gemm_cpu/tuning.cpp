#include "tuning.hpp"

#include "cpu_family/host/choice.hpp"

#include <algorithm>
#include <string>

namespace hone::gemm_cpu {
namespace {

std::int64_t integer(const Config& config, const char* name) {
    return cpu_family::integer("gemm_cpu", config, name);
}

} // namespace

Tuning Tuning::from(const Config& config) {
    Tuning tuning;
    tuning.mode = static_cast<Mode>(cpu_family::named("gemm_cpu", config, "MODE", modes));
    tuning.vl = integer(config, "VL");
    tuning.mr = integer(config, "MR");
    tuning.nr = integer(config, "NR");
    tuning.ku = integer(config, "KU");
    tuning.mc = integer(config, "MC");
    tuning.nc = integer(config, "NC");
    tuning.kc = integer(config, "KC");
    tuning.pack_a = integer(config, "PACK_A") != 0;
    tuning.pack_b = integer(config, "PACK_B") != 0;
    tuning.fuse_b = integer(config, "FUSE_B") != 0;
    tuning.panels = integer(config, "PANELS");
    tuning.rows_inside = integer(config, "ROWS_INSIDE") != 0;
    tuning.prefetch_b = integer(config, "PREFETCH_B");
    tuning.prefetch_d = integer(config, "PREFETCH_D");
    tuning.fetch = integer(config, "FETCH");
    tuning.keep_a = integer(config, "KEEP_A") != 0;
    tuning.threads_m = integer(config, "THREADS_M");
    tuning.pairs = integer(config, "PAIRS") != 0;
    return tuning;
}

Config Tuning::config() const {
    return Config{{"MODE", Value(std::string(modes[static_cast<std::size_t>(mode)]))},
                  {"VL", Value(vl)},
                  {"MR", Value(mr)},
                  {"NR", Value(nr)},
                  {"KU", Value(ku)},
                  {"MC", Value(mc)},
                  {"NC", Value(nc)},
                  {"KC", Value(kc)},
                  {"PACK_A", Value(std::int64_t{pack_a})},
                  {"PACK_B", Value(std::int64_t{pack_b})},
                  {"FUSE_B", Value(std::int64_t{fuse_b})},
                  {"PANELS", Value(panels)},
                  {"ROWS_INSIDE", Value(std::int64_t{rows_inside})},
                  {"PREFETCH_B", Value(prefetch_b)},
                  {"PREFETCH_D", Value(prefetch_d)},
                  {"FETCH", Value(fetch)},
                  {"KEEP_A", Value(std::int64_t{keep_a})},
                  {"THREADS_M", Value(threads_m)},
                  {"PAIRS", Value(std::int64_t{pairs})}};
}

std::int64_t cover(std::span<const std::int64_t> values, std::int64_t extent) {
    for (const std::int64_t value : values)
        if (value >= extent) return value;
    return values.back();
}

Machine machine_for(const Gemm& gemm, const DeviceModel& device) {
    Machine machine = Machine::from(device);
    if (gemm.a == DType::f64) machine.vector_floats /= 2;
    return machine;
}

bool pairs_are_possible(const Gemm& gemm, const Machine& machine) {
    const auto fits = [](DType dtype) { return dtype == DType::f32 || dtype == DType::bf16; };
    return machine.pairs && fits(gemm.a) && (fits(gemm.b) || gemm.b == DType::s8) &&
           gemm.group % 2 == 0;
}

bool pairs_are_exact(const Gemm& gemm, const Machine& machine) {
    return pairs_are_possible(gemm, machine) && gemm.a == DType::bf16;
}

bool has_step(const Gemm& gemm, EpilogueStep step) noexcept {
    return std::find(gemm.epilogue.begin(), gemm.epilogue.end(), step) != gemm.epilogue.end();
}

} // namespace hone::gemm_cpu
