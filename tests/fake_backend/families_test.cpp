// The fake families through the registry, as a tuner meets them.
#include "hone/error.hpp"
#include "hone/gemm.hpp"
#include "hone/registry.hpp"
#include "tests/catch.hpp"
#include "tests/paths.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace hone;

namespace {

Options with_fake() {
    Options options;
    options.plugin_folders = {hone::test::fake_plugin_dir()};
    return options;
}

// One problem with its operands on the fake device.
class Rig {
  public:
    explicit Rig(const Gemm& gemm) : problem_(gemm.problem()) {
        specs_ = gemm_operation().args(problem_);
        for (const ArgSpec& spec : specs_)
            host_.emplace_back(static_cast<std::size_t>(spec.storage_bytes()));
        gemm_operation().make_inputs(problem_, Distribution::normal, 1, tensors());
        for (std::size_t i = 0; i < specs_.size(); ++i) {
            if (!specs_[i].present()) {
                operands_.push_back({});
            } else if (specs_[i].rank == 0) {
                operands_.push_back({host_[i].data(), {}, {}});
            } else {
                memory_[i] = session->allocate(host_[i].size(), MemoryUse::output);
                session->upload(*memory_[i], 0, host_[i]);
                operands_.push_back({memory_[i]->data(), specs_[i].strides, specs_[i].shape});
            }
        }
    }

    [[nodiscard]] const Problem& problem() const { return problem_; }

    Session::Loaded load(const Program& program) {
        std::vector<Binary> binaries;
        for (const Module& module : program.modules) {
            if (module.kind == Module::Kind::library) {
                binaries.emplace_back();
                continue;
            }
            CompileResult compiled = backend.compile(module, device.model);
            if (compiled.outcome != Outcome::ok) return {nullptr, compiled.outcome, compiled.log};
            binaries.push_back(std::move(compiled.binary));
        }
        return session->load(program, binaries);
    }

    Launch launch(const Kernel& kernel) const {
        Launch launch;
        launch.kernel = &kernel;
        launch.problem = &problem_;
        launch.operand_sets = {operands_};
        return launch;
    }

    // Largest difference to the reference, relative to its magnitude.
    double error_of(const Program& program) {
        const auto loaded = load(program);
        INFO(loaded.detail);
        REQUIRE(loaded.kernel);
        session->fill(*memory_[Gemm::d_arg], std::byte{0xff});
        const RunReport report = session->run(launch(*loaded.kernel));
        INFO(report.detail);
        REQUIRE(report.outcome == Outcome::ok);
        auto& d = host_[Gemm::d_arg];
        session->download(*memory_[Gemm::d_arg], 0, d);
        const auto reference =
            gemm_operation().reference(problem_, tensors(), {}, Operation::Arithmetic::fp64).at(0);
        const ArgSpec& spec = specs_[Gemm::d_arg];
        double worst = 0;
        for (std::size_t row = 0; row < reference.rows.size(); ++row) {
            for (std::int64_t column = 0; column < reference.row_length; ++column) {
                const auto at = row * static_cast<std::size_t>(reference.row_length) +
                                static_cast<std::size_t>(column);
                const double got =
                    to_double(spec.dtype, d.data(), reference.rows[row] * spec.strides[1] + column);
                const double error = std::abs(got - reference.values[at]);
                if (std::isnan(error)) return error;
                worst = std::max(worst, error / reference.magnitudes[at]);
            }
        }
        return worst;
    }

    const Registry registry{with_fake()};
    const Backend& backend = registry.backend("fake");
    const Device device = registry.devices("fake").at(0);
    std::unique_ptr<Session> session = backend.open(device, {});

  private:
    std::vector<HostTensor> tensors() {
        std::vector<HostTensor> tensors;
        for (std::size_t i = 0; i < specs_.size(); ++i)
            tensors.push_back({specs_[i], host_[i].data()});
        return tensors;
    }

    Problem problem_;
    std::vector<ArgSpec> specs_;
    std::vector<std::vector<std::byte>> host_;
    std::map<std::size_t, std::unique_ptr<Memory>> memory_;
    std::vector<Tensor> operands_;
};

Gemm small() {
    Gemm gemm;
    gemm.m = 20;
    gemm.n = 24;
    gemm.k = 16;
    return gemm;
}

} // namespace

TEST_CASE("every config of the plain fake family computes the gemm", "[fake]") {
    Gemm nt = small();
    nt.layout = Layout::nt;
    nt.scale = Scale::alpha;
    Gemm tn = small();
    tn.layout = Layout::tn;
    Gemm odd = small();
    odd.k = 15;
    Gemm strided = small();
    strided.leading = {true, 32};
    for (const Gemm& gemm : {small(), nt, tn, odd, strided}) {
        Rig rig(gemm);
        const KernelFamily& family = rig.registry.family("fake_plain");
        const SearchSpace space = family.space(rig.problem(), rig.device.model);
        REQUIRE(space.legal_count());
        CHECK(*space.legal_count() == (gemm.k == 15 ? 11 : 22));
        for (std::uint64_t i = 0; i < *space.legal_count(); ++i) {
            const Config config = space.config(space.nth(i));
            INFO(config.canonical_text());
            CHECK(rig.error_of(family.emit(rig.problem(), config, rig.device.model)) < 1e-5);
        }
        const KernelFamily& vendor = rig.registry.family("fake_vendor");
        CHECK(rig.error_of(vendor.emit(rig.problem(), {{"algorithm", 1}}, rig.device.model)) <
              1e-5);
    }
}

TEST_CASE("the fastest right config is the one that is stated, and the vendor's is slower",
          "[fake]") {
    Rig rig(small());
    const auto median_of = [&](const KernelFamily& family, const Config& config) {
        const auto loaded = rig.load(family.emit(rig.problem(), config, rig.device.model));
        REQUIRE(loaded.kernel);
        auto samples = rig.session
                           ->measure(std::vector{rig.launch(*loaded.kernel)}, Policy{}, 5,
                                     std::chrono::steady_clock::time_point::max())
                           .at(0)
                           .picoseconds;
        REQUIRE(samples.size() == 5);
        std::ranges::sort(samples);
        return samples[2];
    };
    const KernelFamily& family = rig.registry.family("fake_plain");
    const SearchSpace space = family.space(rig.problem(), rig.device.model);
    std::map<std::int64_t, std::string> by_time;
    for (std::uint64_t i = 0; i < *space.legal_count(); ++i) {
        const Config config = space.config(space.nth(i));
        by_time.emplace(median_of(family, config), config.canonical_text());
    }
    CHECK(by_time.begin()->second == "loads=tensor_map tile=32 unroll=2");

    const KernelFamily& vendor = rig.registry.family("fake_vendor");
    CHECK(vendor.vendor());
    CHECK(vendor.library_version() == "fakeblas 7.1");
    for (const int algorithm : {0, 1, 2}) {
        const double ratio = static_cast<double>(median_of(vendor, {{"algorithm", algorithm}})) /
                             static_cast<double>(by_time.begin()->first);
        CHECK(ratio > 1.4);
    }
}

TEST_CASE("the misbehaving family has every mode, its fallback is right and twins share programs",
          "[fake]") {
    Rig rig(small());
    const KernelFamily& family = rig.registry.family("fake_gemm");
    const DeviceModel& model = rig.device.model;
    const auto fallback = family.fallback(rig.problem(), model);
    REQUIRE(fallback);
    CHECK(rig.error_of(family.emit(rig.problem(), *fallback, model)) < 1e-5);
    CHECK(*family.space(rig.problem(), model).legal_count() == 22 * 11);

    const auto of = [&](int tile, int unroll, const char* mode) {
        return family.emit(rig.problem(),
                           {{"tile", tile},
                            {"unroll", unroll},
                            {"loads", std::string("pointer")},
                            {"mode", std::string(mode)}},
                           model);
    };
    CHECK(digest(of(8, 2, "ok")) == digest(of(8, 4, "ok")));
    CHECK(digest(of(8, 1, "ok")) != digest(of(8, 2, "ok")));
    CHECK(digest(of(8, 1, "ok")) != digest(of(8, 1, "wrong")));

    CHECK(rig.error_of(of(32, 2, "wrong")) > 0.1);
    CHECK(std::isnan(rig.error_of(of(32, 2, "not_finite"))));
    CHECK(rig.load(of(32, 2, "compile_fail")).outcome == Outcome::compile_failed);
    const auto illegal = rig.load(of(32, 2, "illegal_access"));
    CHECK(rig.session->run(rig.launch(*illegal.kernel)).outcome == Outcome::illegal_access);

    CHECK_THROWS_AS(of(64, 4, "ok"), Error); // breaks the constraint
    CHECK_THROWS_AS(of(7, 1, "ok"), Error);
    CHECK_THROWS_AS(of(8, 1, "sleepy"), Error);
}

TEST_CASE("problems that the fake device cannot do are declined with a reason", "[fake]") {
    const Registry registry(with_fake());
    const DeviceModel model = registry.devices("fake").at(0).model;
    Gemm half = small();
    half.a = half.b = half.d = DType::bf16;
    Gemm batch = small();
    batch.batch = 2;
    Gemm relu = small();
    relu.epilogue = {EpilogueStep::relu};
    for (const char* name : {"fake_gemm", "fake_plain", "fake_vendor"}) {
        const KernelFamily& family = registry.family(name);
        CHECK(family.supports(small().problem(), model).yes);
        for (const Gemm& gemm : {half, batch, relu}) {
            const Support support = family.supports(gemm.problem(), model);
            CHECK_FALSE(support.yes);
            CHECK_FALSE(support.reason.empty());
        }
    }
}
