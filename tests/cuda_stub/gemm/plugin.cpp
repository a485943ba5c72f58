// Families of the backend "cuda" for the stub: a plain gemm in CUDA C++, whose stub lines say how
// long it takes and, for `stub_faulty`, how it fails (parameter `mode`).
//
// Right and fastest: tile=32 unroll=2 (40 us at 400 W); least energy: tile=64 unroll=2 (60 us at
// 100 W).
#include "hone/plugin.hpp"

#include "hone/error.hpp"
#include "hone/family.hpp"
#include "hone/gemm.hpp"
#include "tests/fake_backend/gemm_arguments.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace hone;

constexpr const char* kernel_source = R"(
#include "hone/types.cuh"
extern "C" __global__ void gemm(const float* a, const float* b, float* d, hone::s64 m, hone::s64 n,
                                hone::s64 k, hone::s64 lda, hone::s64 ldb, hone::s64 ldd,
                                int ta, int tb, float alpha) {
    const hone::s64 row0 = static_cast<hone::s64>(blockIdx.y) * TILE;
    const hone::s64 column0 = static_cast<hone::s64>(blockIdx.x) * TILE;
    for (int e = threadIdx.x; e < TILE * TILE; e += blockDim.x) {
        const hone::s64 i = row0 + e / TILE, j = column0 + e % TILE;
        if (i >= m || j >= n) continue;
        float sum = 0;
#pragma unroll UNROLL
        for (hone::s64 l = 0; l < k; ++l)
            sum += (ta ? a[l * lda + i] : a[i * lda + l]) * (tb ? b[j * ldb + l] : b[l * ldb + j]);
        d[i * ldd + j] = alpha * sum;
    }
}
)";

std::vector<Value> modes() {
    std::vector<Value> values;
    for (const char* mode : {"ok", "wrong", "not_finite", "oob", "illegal_access", "misaligned",
                             "assert", "crash", "hang", "oom", "resources", "compile_fail",
                             "compile_crash", "compile_hang", "compile_oom", "compile_spoiled"})
        values.emplace_back(std::string(mode));
    return values;
}

std::string stub_lines(const std::vector<std::string>& lines) {
    std::string text = "extern \"C\" __device__ const char stub_text[] =\n";
    for (const std::string& line : lines) text += "    \"//stub " + line + "\\n\"\n";
    return text + "    \"\";\n";
}

std::int64_t microseconds(const Config& config) {
    const std::int64_t tile = config.integer("tile"), unroll = config.integer("unroll");
    const double time = 40 *
                        (tile == 8    ? 4
                         : tile == 16 ? 2
                         : tile == 32 ? 1
                                      : 1.5) *
                        (unroll == 1   ? 1.3
                         : unroll == 2 ? 1
                                       : 1.2);
    return static_cast<std::int64_t>(time);
}

class StubGemm final : public KernelFamily {
  public:
    StubGemm(std::string name, bool faulty) : name_(std::move(name)), faulty_(faulty) {}

    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] int revision() const override { return 1; }
    [[nodiscard]] std::string operation() const override { return "gemm"; }
    [[nodiscard]] std::string backend() const override { return "cuda"; }
    [[nodiscard]] Support supports(const Problem& problem, const DeviceModel&) const override {
        return fake::supports_gemm(problem);
    }
    [[nodiscard]] SearchSpace space(const Problem&, const DeviceModel&) const override {
        std::vector<Parameter> parameters = {{"tile", {8, 16, 32, 64}}, {"unroll", {1, 2, 4}}};
        if (faulty_) parameters.push_back({.name = "mode", .values = modes(), .ordinal = false});
        return {std::move(parameters), {}};
    }
    [[nodiscard]] std::optional<Config> fallback(const Problem&,
                                                 const DeviceModel&) const override {
        Config config = {{"tile", 8}, {"unroll", 1}};
        if (faulty_) config.set("mode", std::string("ok"));
        return config;
    }
    [[nodiscard]] StaticDims static_dims(const Problem&) const override { return {}; }

    [[nodiscard]] Program emit(const Problem& problem, const Config& config,
                               const DeviceModel& device) const override {
        const SearchSpace all = space(problem, device);
        const auto index = all.find(config);
        if (!index || !all.legal(*index))
            throw Error(Errc::workload, name_ + " has no config " + config.canonical_text());
        const Gemm gemm = Gemm::from(problem);
        const std::string mode = faulty_ ? config.text("mode") : "ok";
        const bool compiles_badly = mode.starts_with("compile_");
        const std::string behave = mode == "not_finite" ? "nan" : compiles_badly ? "ok" : mode;
        const std::int64_t tile = config.integer("tile");

        std::vector<std::string> lines = {
            "entry gemm a:ptr b:ptr d:ptr m:i64 n:i64 k:i64 lda:i64 ldb:i64 ldd:i64 ta:i32 tb:i32 "
            "alpha:f32",
            "compute gemm",
            "time " + std::to_string(mode == "ok" ? microseconds(config) : 5),
            "noise 0.5",
            std::string("watts ") + (tile == 64 ? "100" : "400"),
            "behave " + behave,
            "registers " + std::to_string(2 * tile),
            "spill " + std::to_string(tile == 64 && config.integer("unroll") == 4 ? 1024 : 0),
        };
        if (compiles_badly) lines.push_back("compile " + mode.substr(8));

        Module module;
        module.name = name_ + ".cu";
        module.source = stub_lines(lines) + kernel_source;
        module.options = {"-DTILE=" + std::to_string(tile),
                          "-DUNROLL=" + std::to_string(config.integer("unroll"))};
        module.entries = {"gemm"};
        Step step;
        step.kernel = "gemm";
        step.grid = {Extent{1, {{Gemm::n_dim, tile}}}, Extent{1, {{Gemm::m_dim, tile}}}, Extent{}};
        step.block = {256, 1, 1};
        step.args = fake::gemm_arguments(gemm, OperandArg{Gemm::a_arg}, OperandArg{Gemm::b_arg});
        constexpr std::uint64_t one = 0x3f800000; // bits of 1.0f
        if (gemm.scale == Scale::none) step.args.emplace_back(ImmediateArg{one, 32});

        Program program;
        program.modules = {std::move(module)};
        program.steps = {std::move(step)};
        program.numerics.batch_invariant = true;
        program.tiles = {{Gemm::m_dim, tile}, {Gemm::n_dim, tile}, {Gemm::k_dim, 4}};
        return program;
    }

  private:
    std::string name_;
    bool faulty_;
};

PluginContents make(const PluginHost&) {
    PluginContents contents;
    contents.families.push_back(std::make_unique<StubGemm>("stub_gemm", false));
    contents.families.push_back(std::make_unique<StubGemm>("stub_faulty", true));
    return contents;
}

} // namespace

HONE_PLUGIN(family, "stub_gemm", "1.0", make);
