#include "compiler_arguments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace hone::cpu {
namespace {

// Which processor's pipeline instructions are scheduled for; what may be used is said by the
// features. LLVM has no table by CPUID that works without the processor, so the ones with wide
// vectors that servers have are here.
struct Pipeline {
    std::string_view vendor_and_family;
    int first_model, last_model;
    const char* name;
};
constexpr std::array pipelines{
    Pipeline{"AuthenticAMD/23/", 0x00, 0x2f, "znver1"},
    Pipeline{"AuthenticAMD/23/", 0x30, 0xff, "znver2"},
    Pipeline{"AuthenticAMD/25/", 0x10, 0x1f, "znver4"},
    Pipeline{"AuthenticAMD/25/", 0x60, 0xaf, "znver4"},
    Pipeline{"AuthenticAMD/25/", 0x00, 0xff, "znver3"},
    Pipeline{"AuthenticAMD/26/", 0x00, 0xff, "znver5"},
    Pipeline{"GenuineIntel/6/", 0x3c, 0x4f, "haswell"},
    Pipeline{"GenuineIntel/6/", 0x55, 0x55, "skylake-avx512"},
    Pipeline{"GenuineIntel/6/", 0x5e, 0x5e, "skylake"},
    Pipeline{"GenuineIntel/6/", 0x6a, 0x6c, "icelake-server"},
    Pipeline{"GenuineIntel/6/", 0x8e, 0x9e, "skylake"},
    Pipeline{"GenuineIntel/6/", 0x8f, 0x8f, "sapphirerapids"},
    Pipeline{"GenuineIntel/6/", 0x97, 0x9a, "alderlake"},
    Pipeline{"GenuineIntel/6/", 0xad, 0xae, "graniterapids"},
    Pipeline{"GenuineIntel/6/", 0xb7, 0xbf, "alderlake"},
    Pipeline{"GenuineIntel/6/", 0xcf, 0xcf, "emeraldrapids"},
};

const char* pipeline(const std::string& name) {
    for (const Pipeline& known : pipelines) {
        if (!name.starts_with(known.vendor_and_family)) continue;
        int model = -1;
        std::from_chars(name.data() + known.vendor_and_family.size(), name.data() + name.size(),
                        model);
        if (model >= known.first_model && model <= known.last_model) return known.name;
    }
    return "generic";
}

bool has(const DeviceModel& device, std::string_view feature) {
    return std::find(device.features.begin(), device.features.end(), feature) !=
           device.features.end();
}

} // namespace

std::vector<std::string> compiler_arguments(const DeviceModel& device) {
    const bool x86 = device.arch == "x86-64";
    std::vector<std::string> arguments{
        "-triple",
        (x86 ? "x86_64" : device.arch) + "-unknown-linux-gnu",
        "-emit-obj",
        "-mrelocation-model",
        "pic",
        "-pic-level",
        "2",
        "-mframe-pointer=none",
        "-ffreestanding",
        // No -ffast-math: it may rewrite rounding tricks that exponentials rest on.
        "-ffp-contract=fast",
        "-O2",
        "-vectorize-loops",
        "-vectorize-slp",
        // As Clang's driver has it: checks of Clang itself, and names that only dumps show.
        "-disable-llvm-verifier",
        "-discard-value-names",
    };
    if (x86) {
        arguments.insert(arguments.end(),
                         {"-target-cpu", "x86-64", "-tune-cpu", pipeline(device.name)});
        // Clang would split 64-byte vectors in two on some processors.
        if (has(device, "avx512f")) arguments.emplace_back("-mprefer-vector-width=512");
    }
    for (const std::string& feature : device.features)
        arguments.insert(arguments.end(), {"-target-feature", "+" + feature});
    return arguments;
}

std::vector<std::string> language_arguments(const std::string& module_name) {
    if (module_name.ends_with(".c")) return {"-x", "c", "-std=c11"};
    return {"-x", "c++", "-std=c++17"};
}

} // namespace hone::cpu
