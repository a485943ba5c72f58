// A device to serve on, a store with facts in it, and operands whose result is checked.
#pragma once

#include "cache/memory_store.hpp"
#include "hone/dispatcher.hpp"
#include "hone/error.hpp"
#include "hone/gemm.hpp"
#include "tests/paths.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hone::test {

// One Registry for all tests of this program: plugins stay loaded anyway.
inline const Registry& plugins() {
    static const std::array kinds{PluginKind::backend, PluginKind::family};
    static const Registry registry = [] {
        Options options;
        options.plugin_folders = {hone::test::fake_plugin_dir()};
        return Registry(options, kinds);
    }();
    return registry;
}

// Where the backend is left out or has no compiler: no.
inline bool have_cpu() {
    for (const Backend* known : plugins().backends())
        if (known->name() == "cpu" && known->missing().empty()) return true;
    return false;
}

inline WorkloadItem item(const std::string& text) {
    return parse_problem(text, plugins().operations());
}

// A device, and what a tuner would have left in a store for it.
struct Serving {
    Device device;
    std::string family;
    cache::MemoryStore store;
    Options options; // no cache folder: nothing is kept

    static std::unique_ptr<Serving> on_cpu() { return make("cpu", "gemm_cpu"); }
    static std::unique_ptr<Serving> on_fake() { return make("fake", "fake_plain"); }

    // The config was measured in a final, and nothing was wrong.
    void put(const std::string& problem, const Config& config, std::uint64_t median_ps = 1'000'000,
             std::uint64_t error_ppt = 1'000'000) {
        const WorkloadItem of = item(problem);
        Fact fact;
        fact.problem = canonical_text(of.operation->schema(), of.problem);
        fact.family = family;
        fact.revision = static_cast<std::uint32_t>(known().revision());
        fact.config = config.canonical_text();
        fact.device = canonical_text(device.model);
        fact.toolchain = "compiler 1";
        fact.policy = "cpu-warm/1";
        fact.sitting[0] = 1;
        fact.stage = Stage::final;
        fact.time.count = 100;
        fact.time.min_ps = fact.time.q1_ps = fact.time.low_ps = median_ps;
        fact.time.median_ps = fact.time.q3_ps = fact.time.high_ps = median_ps;
        fact.baseline = digest("the plain program");
        fact.baseline_median_ps = 10'000'000;
        fact.kernel_error = fact.total_error = {error_ppt, error_ppt};
        fact.plain_error = {error_ppt, error_ppt};
        fact.program = digest(known().emit(of.problem, config, device.model));
        fact.deterministic = true;
        store.append(std::vector{encode(fact)});
    }

    [[nodiscard]] const KernelFamily& known() const { return plugins().family(family); }
    // Some config other than the fallback.
    [[nodiscard]] Config config(const std::string& problem) const {
        const Problem of = item(problem).problem;
        const auto seeds = known().seeds(of, device.model);
        if (!seeds.empty()) return seeds.front();
        const SearchSpace space = known().space(of, device.model);
        return space.config(space.nth(*space.legal_count() - 1));
    }

    [[nodiscard]] std::unique_ptr<Dispatcher> open(DispatchOptions dispatch_options = {}) {
        const std::array<Store*, 1> stores{&store};
        return std::make_unique<Dispatcher>(plugins(), options, device, stores, dispatch_options);
    }

  private:
    static std::unique_ptr<Serving> make(const std::string& spec, const std::string& family) {
        auto made = std::make_unique<Serving>();
        made->device = plugins().devices(spec).at(0);
        made->family = family;
        return made;
    }
};

// Operands of a gemm in host memory.
class HostOperands {
  public:
    explicit HostOperands(const Problem& problem)
        : problem_(problem), specs_(gemm_operation().args(problem)), storage_(specs_.size()),
          host_(specs_.size()), tensors_(specs_.size()) {
        for (std::size_t i = 0; i < specs_.size(); ++i) {
            host_[i].spec = specs_[i];
            if (!specs_[i].present()) continue;
            storage_[i].resize(static_cast<std::size_t>(specs_[i].storage_bytes()));
            host_[i].data = tensors_[i].data = storage_[i].data();
            tensors_[i].strides = specs_[i].strides;
            tensors_[i].shape = specs_[i].shape;
        }
        gemm_operation().make_inputs(problem, Distribution::normal, 1, host_);
    }

    [[nodiscard]] std::vector<Tensor>& tensors() { return tensors_; }
    [[nodiscard]] const std::vector<Tensor>& tensors() const { return tensors_; }

    // Whether D is op(A) op(B) up to the rounding of f32 sums (Higham, section 3.1).
    [[nodiscard]] bool right() const {
        const ReferenceRows expected =
            gemm_operation().reference(problem_, host_, {}, Operation::Arithmetic::fp64).front();
        const Gemm gemm = Gemm::from(problem_);
        const double bound = static_cast<double>(gemm.k + 32) * unit_roundoff(DType::f32);
        for (std::size_t at = 0; at < expected.values.size(); ++at) {
            const double got = to_double(gemm.d, storage_[Gemm::d_arg].data(),
                                         static_cast<std::int64_t>(at)); // packed
            if (!(std::fabs(got - expected.values[at]) <= bound * expected.magnitudes[at]))
                return false;
        }
        return true;
    }

  private:
    Problem problem_;
    std::vector<ArgSpec> specs_;
    std::vector<std::vector<std::byte>> storage_;
    std::vector<HostTensor> host_;
    std::vector<Tensor> tensors_;
};

} // namespace hone::test
