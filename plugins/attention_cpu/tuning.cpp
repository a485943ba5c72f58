#include "tuning.hpp"

#include "hone/error.hpp"

#include <algorithm>
#include <string_view>
#include <variant>

namespace hone::attention_cpu {
namespace {

std::int64_t integer(const Config& config, const char* name) {
    if (!config.contains(name))
        throw Error(Errc::workload, "attention_cpu: the config has no " + std::string(name));
    const auto* value = std::get_if<std::int64_t>(&config.at(name));
    if (!value)
        throw Error(Errc::workload, "attention_cpu: " + std::string(name) + "=" +
                                        to_string(config.at(name)) + " is no integer");
    return *value;
}

Mode mode_of(const Config& config) {
    if (!config.contains("MODE"))
        throw Error(Errc::workload, "attention_cpu: the config has no MODE");
    const std::string text = to_string(config.at("MODE"));
    for (std::size_t i = 0; i < modes.size(); ++i)
        if (text == modes[i]) return static_cast<Mode>(i);
    throw Error(Errc::workload, "attention_cpu: there is no MODE=" + text);
}

} // namespace

Tuning Tuning::from(const Config& config) {
    Tuning tuning;
    tuning.mode = mode_of(config);
    tuning.vl = integer(config, "VL");
    tuning.mk = integer(config, "MK");
    tuning.mv = integer(config, "MV");
    tuning.nv = integer(config, "NV");
    tuning.ku = integer(config, "KU");
    tuning.strips = integer(config, "STRIPS");
    tuning.bk = integer(config, "BK");
    tuning.copy = integer(config, "COPY") != 0;
    tuning.grouped = integer(config, "GROUPED") != 0;
    tuning.all_heads = integer(config, "ALL_HEADS") != 0;
    tuning.touch = integer(config, "TOUCH") != 0;
    tuning.split = integer(config, "SPLIT");
    tuning.exp_degree = integer(config, "EXP_DEGREE");
    tuning.pairs = integer(config, "PAIRS") != 0;
    tuning.fixed_dims = integer(config, "FIXED_DIMS") != 0;
    return tuning;
}

Config Tuning::config() const {
    return Config{{"MODE", Value(std::string(modes[static_cast<std::size_t>(mode)]))},
                  {"VL", Value(vl)},
                  {"MK", Value(mk)},
                  {"MV", Value(mv)},
                  {"NV", Value(nv)},
                  {"KU", Value(ku)},
                  {"STRIPS", Value(strips)},
                  {"BK", Value(bk)},
                  {"COPY", Value(std::int64_t{copy})},
                  {"GROUPED", Value(std::int64_t{grouped})},
                  {"ALL_HEADS", Value(std::int64_t{all_heads})},
                  {"TOUCH", Value(std::int64_t{touch})},
                  {"SPLIT", Value(split)},
                  {"EXP_DEGREE", Value(exp_degree)},
                  {"PAIRS", Value(std::int64_t{pairs})},
                  {"FIXED_DIMS", Value(std::int64_t{fixed_dims})}};
}

Machine Machine::from(const DeviceModel& device) {
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
    return machine;
}

} // namespace hone::attention_cpu
