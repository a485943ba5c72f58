#include "tuning.hpp"

#include "hone/error.hpp"

#include <algorithm>
#include <string_view>
#include <variant>

namespace hone::gemm_cpu {
namespace {

std::int64_t integer(const Config& config, const char* name) {
    if (!config.contains(name))
        throw Error(Errc::workload, "gemm_cpu: the config has no " + std::string(name));
    const auto* value = std::get_if<std::int64_t>(&config.at(name));
    if (!value)
        throw Error(Errc::workload, "gemm_cpu: " + std::string(name) + "=" +
                                        to_string(config.at(name)) + " is no integer");
    return *value;
}

Mode mode(const Config& config) {
    if (!config.contains("MODE")) throw Error(Errc::workload, "gemm_cpu: the config has no MODE");
    const std::string text = to_string(config.at("MODE"));
    for (std::size_t i = 0; i < modes.size(); ++i)
        if (text == modes[i]) return static_cast<Mode>(i);
    throw Error(Errc::workload, "gemm_cpu: there is no MODE=" + text);
}

} // namespace

Tuning Tuning::from(const Config& config) {
    Tuning tuning;
    tuning.mode = gemm_cpu::mode(config);
    tuning.vl = integer(config, "VL");
    tuning.mr = integer(config, "MR");
    tuning.nr = integer(config, "NR");
    tuning.ku = integer(config, "KU");
    tuning.mc = integer(config, "MC");
    tuning.nc = integer(config, "NC");
    tuning.kc = integer(config, "KC");
    tuning.pack_a = integer(config, "PACK_A") != 0;
    tuning.pack_b = integer(config, "PACK_B") != 0;
    tuning.panels = integer(config, "PANELS");
    tuning.rows_inside = integer(config, "ROWS_INSIDE") != 0;
    tuning.prefetch_b = integer(config, "PREFETCH_B");
    tuning.prefetch_d = integer(config, "PREFETCH_D") != 0;
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
                  {"PANELS", Value(panels)},
                  {"ROWS_INSIDE", Value(std::int64_t{rows_inside})},
                  {"PREFETCH_B", Value(prefetch_b)},
                  {"PREFETCH_D", Value(std::int64_t{prefetch_d})},
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

Machine Machine::from(const DeviceModel& device, const Gemm& gemm) {
    const auto has = [&](std::string_view feature) {
        return std::find(device.features.begin(), device.features.end(), feature) !=
               device.features.end();
    };
    Machine machine;
    machine.threads = std::max<std::int64_t>(1, device.cores);
    if (has("avx512f") && has("avx512vl")) {
        machine.vector_floats = 16;
        machine.registers = 32;
        machine.half = true;
        machine.pairs = has("avx512bf16");
    } else if (has("avx2") && has("fma")) {
        machine.vector_floats = 8;
        machine.half = has("f16c");
    } else if (device.arch == "aarch64") {
        machine.registers = 32;
        machine.half = true;
    }
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
