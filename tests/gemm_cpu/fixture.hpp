// Plugins, a session, and a run of one gemm candidate judged against the operation's reference.
#pragma once

#include "hone/gemm.hpp"
#include "hone/registry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hone::test {

// One Registry for all tests of this program: plugins stay loaded anyway.
inline const Registry& plugins() {
    static const std::array kinds{PluginKind::backend, PluginKind::family};
    static const Registry registry(Options{}, kinds);
    return registry;
}

inline const KernelFamily& family() { return plugins().family("gemm_cpu"); }

// Null where the backend is left out or has no compiler.
inline const Backend* backend() {
    for (const Backend* known : plugins().backends())
        if (known->name() == "cpu" && known->missing().empty()) return known;
    return nullptr;
}

inline Gemm shaped(std::int64_t m, std::int64_t n, std::int64_t k, Layout layout = Layout::nn) {
    Gemm gemm;
    gemm.m = m;
    gemm.n = n;
    gemm.k = k;
    gemm.layout = layout;
    return gemm;
}

inline std::string text(const Gemm& gemm) {
    return canonical_text(gemm_operation().schema(), gemm.problem());
}

// Runs candidates on one device. What check() returns is what went wrong, or empty.
class GemmRunner {
  public:
    explicit GemmRunner(const std::string& spec = {})
        : device_(backend()->devices(spec).at(0)), session_(backend()->open(device_, {})) {}

    // As if the processor had these instruction sets only. Nothing where it lacks one of them.
    [[nodiscard]] static std::optional<GemmRunner> with(std::vector<std::string> features) {
        GemmRunner runner;
        std::vector<std::string>& there = runner.device_.model.features;
        for (const std::string& feature : features)
            if (std::find(there.begin(), there.end(), feature) == there.end()) return std::nullopt;
        there = std::move(features);
        return runner;
    }

    [[nodiscard]] const DeviceModel& model() const { return device_.model; }

    std::string check(const Gemm& gemm, const Config& config, std::uint64_t seed = 1) {
        const Problem problem = gemm.problem();
        const Program program = family().emit(problem, config, model());
        std::vector<Binary> binaries;
        for (const Module& module : program.modules) {
            const auto [known, fresh] = compiled_.try_emplace(digest(module));
            if (fresh) known->second = backend()->compile(module, model());
            const CompileResult& compiled = known->second;
            if (compiled.outcome != Outcome::ok) return compiled.log;
            if (!compiled.log.empty()) return "a warning: " + compiled.log;
            binaries.push_back(compiled.binary);
        }
        const auto loaded = session_->load(program, binaries);
        if (loaded.outcome != Outcome::ok) return loaded.detail;
        return check(problem, program, *loaded.kernel, seed);
    }

    std::string check(const Problem& problem, const Program& program, const Kernel& kernel,
                      std::uint64_t seed) {
        const Operation& operation = gemm_operation();
        const std::vector<ArgSpec> specs = operation.args(problem);
        std::vector<std::vector<std::byte>> storage(specs.size());
        std::vector<HostTensor> host(specs.size());
        for (std::size_t i = 0; i < specs.size(); ++i) {
            host[i].spec = specs[i];
            if (!specs[i].present()) continue;
            storage[i].resize(static_cast<std::size_t>(specs[i].storage_bytes()));
            host[i].data = storage[i].data();
        }
        operation.make_inputs(problem, Distribution::normal, seed, host);
        const ReferenceRows expected =
            operation.reference(problem, host, {}, Operation::Arithmetic::fp64).front();

        std::vector<std::unique_ptr<Memory>> memory(specs.size());
        std::vector<Tensor> operands(specs.size());
        for (std::size_t i = 0; i < specs.size(); ++i) {
            if (!specs[i].present()) continue;
            operands[i].strides = specs[i].strides;
            operands[i].data = storage[i].data();
            if (specs[i].rank == 0) continue;
            const bool output = i == Gemm::d_arg;
            memory[i] = session_->allocate(storage[i].size(),
                                           output ? MemoryUse::output : MemoryUse::input);
            if (!output || specs[i].role == Role::inout)
                session_->upload(*memory[i], 0, storage[i]);
            operands[i].data = memory[i]->data();
        }
        session_->protect_inputs();
        const auto workspace =
            session_->allocate(kernel.workspace_bytes(problem), MemoryUse::workspace);

        std::vector<std::unique_ptr<Memory>> prepared;
        Launch launch;
        for (std::size_t i = 0; i < program.prepare.size(); ++i) {
            const auto bytes = static_cast<std::size_t>(program.prepare[i].bytes.value(problem));
            prepared.push_back(session_->allocate(bytes, MemoryUse::output));
            launch.prepared.push_back(prepared.back()->data());
            if (kernel.prepare(static_cast<int>(i), problem, operands, prepared.back()->data(),
                               {}) != Status::ok)
                return "preparing failed";
            if (const RunReport guards = session_->check_guards(*prepared.back());
                guards.outcome != Outcome::ok)
                return guards.detail;
        }
        launch.kernel = &kernel;
        launch.problem = &problem;
        launch.operand_sets.push_back(operands);
        launch.workspace = workspace->data();
        if (const RunReport run = session_->run(launch); run.outcome != Outcome::ok)
            return run.detail;
        for (const Memory* checked : {memory[Gemm::d_arg].get(), workspace.get()})
            if (const RunReport guards = session_->check_guards(*checked);
                guards.outcome != Outcome::ok)
                return guards.detail;
        session_->download(*memory[Gemm::d_arg], 0, storage[Gemm::d_arg]);
        return compare(Gemm::from(problem), program.numerics, specs[Gemm::d_arg],
                       storage[Gemm::d_arg].data(), expected);
    }

  private:
    static std::string compare(const Gemm& gemm, const Numerics& numerics, const ArgSpec& d,
                               const void* data, const ReferenceRows& expected) {
        // Sums of k products in f32 (Higham, section 3.1), some roundings of the epilogue, and one
        // to the output's type.
        double sums = static_cast<double>(gemm.k + 32) * unit_roundoff(numerics.accumulator);
        // Both factors of a product may be rounded before.
        if (unit_roundoff(numerics.operand) > unit_roundoff(gemm.a))
            sums += 2.1 * unit_roundoff(numerics.operand);
        for (std::size_t row = 0; row < expected.rows.size(); ++row)
            for (std::int64_t j = 0; j < expected.row_length; ++j) {
                const std::int64_t index = expected.rows[row] / gemm.m * d.strides[0] +
                                           expected.rows[row] % gemm.m * d.strides[1] + j;
                const std::size_t at = row * static_cast<std::size_t>(expected.row_length) +
                                       static_cast<std::size_t>(j);
                const double got = to_double(d.dtype, data, index);
                const double want = expected.values[at];
                const double bound = sums * expected.magnitudes[at] +
                                     unit_roundoff(d.dtype) * std::fabs(want) * 1.01;
                if (!(std::fabs(got - want) <= bound + 1e-30))
                    return "row " + std::to_string(expected.rows[row]) + " column " +
                           std::to_string(j) + ": expected " + std::to_string(want) + ", got " +
                           std::to_string(got);
            }
        return {};
    }

    Device device_;
    std::unique_ptr<Session> session_;
    std::map<Digest, CompileResult> compiled_; // many extents share a program
};

} // namespace hone::test
