#include "decode/availability.hpp"

#include "decode/decoder.hpp"

#include <algorithm>
#include <charconv>

namespace hone::emu {
namespace {

struct Need {
    std::string_view opcode; // empty: any
    std::string_view modifier, second;
    int sm;
};

// The newest of what matches counts.
constexpr Need needs[] = {
    {"cp", "async", {}, 80},        {"stmatrix", {}, {}, 90},
    {"redux", {}, {}, 80},          {"elect", {}, {}, 90},
    {"griddepcontrol", {}, {}, 90}, {"createpolicy", {}, {}, 80},
    {"applypriority", {}, {}, 80},  {"", "L2::cache_hint", {}, 80},
    {"", "L2::256B", {}, 80},       {"", "v8", {}, 100},
    {"", "cluster", {}, 90},        {"mma", "m16n8k16", {}, 80},
    {"mma", "m16n8k32", {}, 80},    {"mma", "m16n8k4", {}, 80},
    {"mma", "bf16", {}, 80},        {"mma", "tf32", {}, 80},
    {"mma", "f64", {}, 80},         {"mma", "e4m3", {}, 89},
    {"mma", "e5m2", {}, 89},        {"mma", "kind::f8f6f4", {}, 120},
    {"fma", "bf16", {}, 80},        {"fma", "bf16x2", {}, 80},
    {"fma", "relu", {}, 80},        {"add", "bf16", {}, 90},
    {"add", "bf16x2", {}, 90},      {"sub", "bf16", {}, 90},
    {"sub", "bf16x2", {}, 90},      {"mul", "bf16", {}, 90},
    {"mul", "bf16x2", {}, 90},      {"min", "f16", {}, 80},
    {"min", "f16x2", {}, 80},       {"min", "bf16", {}, 80},
    {"min", "bf16x2", {}, 80},      {"min", "NaN", {}, 80},
    {"max", "f16", {}, 80},         {"max", "f16x2", {}, 80},
    {"max", "bf16", {}, 80},        {"max", "bf16x2", {}, 80},
    {"max", "NaN", {}, 80},         {"abs", "bf16", {}, 80},
    {"abs", "bf16x2", {}, 80},      {"neg", "bf16", {}, 80},
    {"neg", "bf16x2", {}, 80},      {"setp", "bf16", {}, 90},
    {"setp", "bf16x2", {}, 90},     {"set", "bf16", {}, 90},
    {"set", "bf16x2", {}, 90},      {"ex2", "bf16", {}, 90},
    {"ex2", "bf16x2", {}, 90},      {"tanh", "bf16", {}, 90},
    {"tanh", "bf16x2", {}, 90},     {"cvt", "bf16", {}, 80},
    {"cvt", "bf16x2", {}, 80},      {"cvt", "f16x2", "f32", 80},
    {"cvt", "tf32", {}, 80},        {"cvt", "relu", {}, 80},
    {"cvt", "e4m3x2", {}, 89},      {"cvt", "e5m2x2", {}, 89},
    {"atom", "bf16", {}, 90},       {"atom", "bf16x2", {}, 90},
    {"atom", "b128", {}, 90},       {"red", "bf16", {}, 90},
    {"red", "bf16x2", {}, 90},      {"red", "v2", {}, 90},
    {"red", "v4", {}, 90},          {"atom", "v2", {}, 90},
    {"atom", "v4", {}, 90},
};

// 90 of "sm_90a"; 0 of what is no architecture.
int number(std::string_view name) noexcept {
    int sm = 0;
    if (name.starts_with("sm_")) std::from_chars(name.data() + 3, name.data() + name.size(), sm);
    return sm;
}

} // namespace

void require_available(const Decoder& decoder) {
    const ptx::Instruction& parsed = decoder.parsed();
    const auto has = [&](std::string_view modifier) {
        return modifier.empty() || std::find(parsed.modifiers.begin(), parsed.modifiers.end(),
                                             modifier) != parsed.modifiers.end();
    };
    int needed = 0;
    for (const Need& need : needs)
        if ((need.opcode.empty() || need.opcode == parsed.opcode) && has(need.modifier) &&
            has(need.second))
            needed = std::max(needed, need.sm);
    const std::string& target = decoder.target();
    if (number(target) < needed)
        decoder.fail("needs sm_" + std::to_string(needed) + ", this is compiled for " + target);
}

bool runs_on(std::string_view target, std::string_view arch) noexcept {
    const bool one_only = target.ends_with('a');
    return one_only ? number(target) == number(arch) : number(target) <= number(arch);
}

} // namespace hone::emu
