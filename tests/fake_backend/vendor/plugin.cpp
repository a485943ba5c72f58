// The family `fake_vendor`: a library for the fake device, vendor.fake beside this plugin. Its
// algorithms take 70, 60 and 90 ms.
#include "hone/plugin.hpp"

#include "hone/error.hpp"
#include "hone/family.hpp"
#include "hone/gemm.hpp"
#include "tests/fake_backend/gemm_arguments.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace {

using namespace hone;

class FakeVendor final : public KernelFamily {
  public:
    explicit FakeVendor(std::string library) : library_(std::move(library)) {}

    [[nodiscard]] std::string name() const override { return "fake_vendor"; }
    [[nodiscard]] int revision() const override { return 1; }
    [[nodiscard]] std::string operation() const override { return "gemm"; }
    [[nodiscard]] std::string backend() const override { return "fake"; }
    [[nodiscard]] bool vendor() const override { return true; }
    [[nodiscard]] std::string library_version() const override { return "fakeblas 7.1"; }

    [[nodiscard]] Support supports(const Problem& problem, const DeviceModel&) const override {
        return fake::supports_gemm(problem);
    }
    [[nodiscard]] SearchSpace space(const Problem&, const DeviceModel&) const override {
        return {{{"algorithm", {0, 1, 2}, false}}, {}};
    }
    [[nodiscard]] std::optional<Config> fallback(const Problem&,
                                                 const DeviceModel&) const override {
        return Config{{"algorithm", 0}};
    }
    [[nodiscard]] StaticDims static_dims(const Problem&) const override { return {}; }

    [[nodiscard]] Program emit(const Problem& problem, const Config& config,
                               const DeviceModel& device) const override {
        if (!space(problem, device).find(config))
            throw Error(Errc::workload, "fake_vendor has no config " + config.canonical_text());
        const Gemm gemm = Gemm::from(problem);
        const std::string entry = "gemm_" + std::to_string(config.integer("algorithm"));

        Module module;
        module.kind = Module::Kind::library;
        module.name = "vendor.fake";
        module.library = library_;
        module.version = library_version();
        module.entries = {entry};

        Step step;
        step.kernel = entry;
        step.grid = {Extent{1, {{Gemm::n_dim, 16}}}, Extent{1, {{Gemm::m_dim, 16}}}, Extent{}};
        step.block = {256, 1, 1};
        step.args = fake::gemm_arguments(gemm, OperandArg{Gemm::a_arg}, OperandArg{Gemm::b_arg});
        if (gemm.scale == Scale::none) step.args.push_back(ImmediateArg{0x3f800000}); // 1.0f

        Program program;
        program.modules = {std::move(module)};
        program.steps = {std::move(step)};
        return program;
    }

  private:
    std::string library_;
};

PluginContents make(const PluginHost& host) {
    const auto library = std::filesystem::path(host.library).parent_path() / "vendor.fake";
    PluginContents contents;
    contents.families.push_back(std::make_unique<FakeVendor>(library.native()));
    return contents;
}

} // namespace

HONE_PLUGIN(family, "fake_vendor", "7.1", make);
