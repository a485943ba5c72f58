// What the tests of all CUDA families do: spaces on every architecture, compiling a sample, and
// running a sample in the emulator.
#pragma once

#include "hone/backend.hpp"
#include "hone/error.hpp"
#include "hone/family.hpp"
#include "hone/registry.hpp"
#include "hone/tuner.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace hone::test {

// One Registry for all tests of a program: plugins stay loaded anyway.
inline const Registry& plugins() {
    static const std::array kinds{PluginKind::backend, PluginKind::family};
    static const Registry registry = [] {
        Options options;
        options.libraries = Options::from_env().libraries; // where NVRTC is
        return Registry(options, kinds);
    }();
    return registry;
}

// Null where the backend is left out or lacks something (NVRTC, ...).
inline const Backend* backend(std::string_view name) {
    for (const Backend* known : plugins().backends())
        if (known->name() == name && known->missing().empty()) return known;
    return nullptr;
}

// NVRTC compiles without a device, so the absence of cards does not count.
inline const Backend* compiler() {
    for (const Backend* known : plugins().backends())
        if (known->name() == "cuda" && !known->compiler_identity().empty()) return known;
    return nullptr;
}

inline DeviceModel card(std::string arch, std::string name, std::int64_t sms,
                        std::int64_t shared_bytes) {
    DeviceModel model;
    model.backend = "cuda";
    model.arch = std::move(arch);
    model.name = std::move(name);
    model.cores = sms;
    model.shared_bytes = shared_bytes;
    model.registers = 65536;
    return model;
}

// One card of each architecture.
inline std::vector<DeviceModel> cards() {
    return {
        card("sm_75", "T4", 40, 65536),          card("sm_80", "A100", 108, 166912),
        card("sm_86", "A10", 72, 101376),        card("sm_89", "L40S", 142, 101376),
        card("sm_90a", "H100", 132, 232448),     card("sm_100a", "B200", 148, 232448),
        card("sm_120a", "RTX5090", 170, 101376),
    };
}

inline Problem problem_of(std::string_view text) {
    return parse_problem(text, plugins().operations()).problem;
}

// What must hold of the family on every card that supports the problem. Returns how many do.
inline int check_space(const KernelFamily& family, std::string_view text) {
    const Problem problem = problem_of(text);
    std::mt19937_64 random(seed());
    int supported = 0;
    for (const DeviceModel& model : cards()) {
        CAPTURE(std::string(text), model.name);
        const Support support = family.supports(problem, model);
        CHECK(support.yes == support.reason.empty());
        if (!support.yes) continue;
        ++supported;
        const SearchSpace space = family.space(problem, model);
        CHECK_FALSE(space.empty());
        std::vector<Config> configs = family.seeds(problem, model);
        for (const Config& seed : configs) {
            CAPTURE(seed.canonical_text());
            const auto index = space.find(seed);
            REQUIRE(index);
            CHECK(space.broken_constraint(*index) == "");
        }
        if (const auto fallback = family.fallback(problem, model)) configs.push_back(*fallback);
        for (int i = 0; i < 10; ++i)
            if (const auto index = space.sample(random)) configs.push_back(space.config(*index));
        REQUIRE_FALSE(configs.empty());
        std::vector<std::string> names;
        for (const Config& config : configs) {
            CAPTURE(config.canonical_text());
            const Program program = family.emit(problem, config, model);
            CHECK(digest(program) == digest(family.emit(problem, config, model)));
            CHECK_FALSE(program.tiles.empty());
            std::vector<std::string> those;
            for (const auto& [name, value] : family.features(problem, config, model)) {
                CHECK(std::isfinite(value));
                those.push_back(name);
            }
            if (names.empty()) names = those;
            CHECK(names == those);
        }
        CHECK_THROWS_AS(family.emit(problem, Config{{"BM", 64}}, model), Error);
    }
    return supported;
}

// Compiles the fallback and the first guesses for one card, which may spill `most_spilled` bytes
// per thread at most, and `count` random configs, of which some are meant to be slow.
inline void check_compiles(const KernelFamily& family, std::string_view text,
                           const DeviceModel& model, int count, std::int64_t most_spilled) {
    const Problem problem = problem_of(text);
    if (!family.supports(problem, model).yes) return;
    const auto check = [&](const Config& config, std::int64_t most) {
        for (const Module& module : family.emit(problem, config, model).modules) {
            const CompileResult result = compiler()->compile(module, model);
            CAPTURE(std::string(text), model.name, config.canonical_text(), result.log);
            REQUIRE(result.outcome == Outcome::ok);
            CHECK(result.binary.resources.spill_bytes <= most);
        }
    };
    std::vector<Config> guesses = family.seeds(problem, model);
    guesses.resize(std::min<std::size_t>(guesses.size(), 2));
    if (const auto fallback = family.fallback(problem, model)) guesses.push_back(*fallback);
    for (const Config& config : guesses) check(config, most_spilled);

    constexpr std::int64_t most_of_any = 4096;
    std::mt19937_64 random(seed());
    const SearchSpace space = family.space(problem, model);
    for (int i = 0; i < count; ++i) check(space.config(space.sample(random).value()), most_of_any);
}

// Runs `count` configs that cover pairs of values on small problems in the emulator of an
// architecture, under all of its checks.
inline void check_runs(const KernelFamily& family, std::string_view text, const std::string& arch,
                       int count) {
    const Device device = plugins().devices("emu:" + arch).front();
    Workload workload;
    workload.items.push_back(parse_problem(text, plugins().operations()));
    if (!family.supports(workload.items[0].problem, device.model).yes) return;
    VerifyOptions options;
    options.families = {family.name()};
    options.sample = count;
    options.seed = seed();
    options.proxies = true;
    options.run_seconds = 60;
    Observer observer;
    const auto results =
        verify(plugins(), Options::from_env(), workload, device, options, observer);
    CHECK_FALSE(results.empty());
    for (const VerifyResult& result : results) {
        const std::string message = result.reports.empty() ? "" : result.reports[0].message;
        CAPTURE(result.problem, arch, result.config, message);
        CHECK(result.outcome == Outcome::ok);
    }
}

} // namespace hone::test
