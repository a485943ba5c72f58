#include "tuning.hpp"

#include "cpu_family/host/choice.hpp"

#include <string>

namespace hone::attention_cpu {
namespace {

std::int64_t integer(const Config& config, const char* name) {
    return cpu_family::integer("attention_cpu", config, name);
}

} // namespace

Tuning Tuning::from(const Config& config) {
    Tuning tuning;
    tuning.mode = static_cast<Mode>(cpu_family::named("attention_cpu", config, "MODE", modes));
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
                  {"SPLIT", Value(split)},
                  {"EXP_DEGREE", Value(exp_degree)},
                  {"PAIRS", Value(std::int64_t{pairs})},
                  {"FIXED_DIMS", Value(std::int64_t{fixed_dims})}};
}

} // namespace hone::attention_cpu
