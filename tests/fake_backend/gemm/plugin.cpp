// Two families of the fake backend. `fake_plain` is well-behaved. `fake_gemm` has a parameter
// `mode` that says how a candidate misbehaves; those that do state half the time, so that whoever
// believes them picks one.
//
// Right and fastest: tile=32 unroll=2, with loads=tensor_map where the rows are multiples of 16
// bytes (40 ms), else with loads=pointer (44 ms). Twins: tile=8 unroll=2 and tile=8 unroll=4.
#include "hone/plugin.hpp"

#include "hone/error.hpp"
#include "hone/family.hpp"
#include "hone/gemm.hpp"
#include "tests/fake_backend/gemm_arguments.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace hone;

std::vector<Value> modes() {
    std::vector<Value> values;
    for (const char* mode : {"ok", "wrong", "not_finite", "oob", "illegal_access", "crash", "hang",
                             "oom", "compile_fail", "compile_crash", "compile_hang"})
        values.emplace_back(std::string(mode));
    return values;
}

bool rows_of_16_bytes(const Gemm& gemm) {
    if (gemm.leading.strided) return gemm.leading.alignment_bytes >= 16;
    const std::int64_t a_columns = a_transposed(gemm.layout) ? gemm.m : gemm.k;
    const std::int64_t b_columns = b_transposed(gemm.layout) ? gemm.k : gemm.n;
    return a_columns % 4 == 0 && b_columns % 4 == 0;
}

std::int64_t unrolled(const Config& config) {
    return std::min(config.integer("unroll"), config.integer("tile") / 4);
}

// A mode as the fake device's language has it.
std::string behaviour(const std::string& mode) {
    if (mode == "not_finite") return "nan"; // which, in a config, would read as a number
    if (mode == "compile_fail") return "compile_fail no such instruction";
    return mode;
}

// What measuring will report.
std::int64_t microseconds(const Config& config, bool misbehaves) {
    const std::int64_t tile = config.integer("tile"), unroll = unrolled(config);
    double time = 40'000;
    time *= tile == 8 ? 4 : tile == 16 ? 2 : tile == 32 ? 1 : 1.5;
    time *= unroll == 1 ? 1.3 : unroll == 2 ? 1 : 1.2;
    if (config.text("loads") == "pointer") time *= 1.1;
    if (misbehaves) time /= 2;
    return static_cast<std::int64_t>(time);
}

TensorMap tile_of(int operand, std::int64_t tile) {
    TensorMap map;
    map.operand = operand;
    map.dtype = DType::f32;
    map.rank = 3;
    map.box = {static_cast<std::int32_t>(tile), static_cast<std::int32_t>(tile), 1};
    return map;
}

class FakeGemm final : public KernelFamily {
  public:
    FakeGemm(std::string name, bool misbehaves) : name_(std::move(name)), misbehaves_(misbehaves) {}

    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] int revision() const override { return 1; }
    [[nodiscard]] std::string operation() const override { return "gemm"; }
    [[nodiscard]] std::string backend() const override { return "fake"; }

    [[nodiscard]] Support supports(const Problem& problem, const DeviceModel&) const override {
        return fake::supports_gemm(problem);
    }

    [[nodiscard]] SearchSpace space(const Problem& problem, const DeviceModel&) const override {
        std::vector<Value> loads = {std::string("pointer")};
        if (rows_of_16_bytes(Gemm::from(problem))) loads.emplace_back(std::string("tensor_map"));
        std::vector<Parameter> parameters = {
            {"tile", {8, 16, 32, 64}},
            {"unroll", {1, 2, 4}},
            {.name = "loads", .values = std::move(loads), .ordinal = false},
        };
        if (misbehaves_)
            parameters.push_back({.name = "mode", .values = modes(), .ordinal = false});
        return {std::move(parameters), {Constraint::expression("tile * unroll <= 128")}};
    }

    [[nodiscard]] std::optional<Config> fallback(const Problem&,
                                                 const DeviceModel&) const override {
        Config config = {{"tile", 8}, {"unroll", 1}, {"loads", std::string("pointer")}};
        if (misbehaves_) config.set("mode", std::string("ok"));
        return config;
    }

    // Nothing is baked in; programs are meant for one range of m.
    [[nodiscard]] StaticDims static_dims(const Problem&) const override {
        return {{}, {{Gemm::m_dim, {16, 64, 256}}}};
    }

    [[nodiscard]] Program emit(const Problem& problem, const Config& config,
                               const DeviceModel& device) const override {
        const SearchSpace all = space(problem, device);
        const auto index = all.find(config);
        if (!index || !all.legal(*index))
            throw Error(Errc::workload, name_ + " has no config " + config.canonical_text());

        const Gemm gemm = Gemm::from(problem);
        const std::int64_t tile = config.integer("tile");
        const std::string mode = misbehaves_ ? config.text("mode") : "ok";
        const std::string edge = std::to_string(tile);

        Module module;
        module.name = name_ + ".fake";
        module.entries = {"gemm"};
        module.source = fake::gemm_params(gemm) + "compute gemm\n" + //
                        "tile " + edge + " " + edge + "\n" +         //
                        "time " + std::to_string(microseconds(config, mode != "ok")) + "\n" +
                        "noise 1 " + std::to_string(tile * 8 + unrolled(config)) + "\n" +
                        "behave " + behaviour(mode) + "\n";

        const bool maps = config.text("loads") == "tensor_map";
        const auto operand = [&](int arg) {
            return maps ? KernelArg{tile_of(arg, tile)} : KernelArg{OperandArg{arg}};
        };
        Step step;
        step.kernel = "gemm";
        step.grid = {Extent{1, {{Gemm::n_dim, tile}}}, Extent{1, {{Gemm::m_dim, tile}}}, Extent{}};
        step.block = {128, 1, 1};
        step.shared_bytes = 2 * tile * tile * 4;
        step.args = fake::gemm_arguments(gemm, operand(Gemm::a_arg), operand(Gemm::b_arg));

        Program program;
        program.modules = {std::move(module)};
        program.steps = {std::move(step)};
        program.numerics.batch_invariant = true;
        program.tiles = {{Gemm::m_dim, tile}, {Gemm::n_dim, tile}, {Gemm::k_dim, 4}};
        return program;
    }

    [[nodiscard]] std::vector<std::pair<std::string, double>>
    features(const Problem&, const Config& config, const DeviceModel&) const override {
        const auto tile = static_cast<double>(config.integer("tile"));
        return {{"shared_bytes", 2 * tile * tile * 4},
                {"unroll", static_cast<double>(unrolled(config))}};
    }

  private:
    std::string name_;
    bool misbehaves_;
};

PluginContents make(const PluginHost&) {
    PluginContents contents;
    contents.families.push_back(std::make_unique<FakeGemm>("fake_gemm", true));
    contents.families.push_back(std::make_unique<FakeGemm>("fake_plain", false));
    return contents;
}

} // namespace

HONE_PLUGIN(family, "fake_gemm", "1.0", make);
