#include "tests/vendor/runner.hpp"

#include <algorithm>
#include <cmath>

namespace hone::test {
namespace {

// The first element that is off by more than sums of k products (Higham, section 3.1) and one
// rounding to D's type explain, or nothing.
std::string difference(const Gemm& gemm, const HostTensor& d, const ReferenceRows& expected) {
    const DType sums = gemm.d == DType::f64 ? DType::f64 : DType::f32;
    const double bound = static_cast<double>(gemm.k + 32) * unit_roundoff(sums);
    const double rounding = gemm.d == sums ? 0 : unit_roundoff(gemm.d) * 1.01;
    for (std::size_t row = 0; row < expected.rows.size(); ++row)
        for (std::int64_t j = 0; j < expected.row_length; ++j) {
            const std::int64_t index = expected.rows[row] / gemm.m * d.spec.strides[0] +
                                       expected.rows[row] % gemm.m * d.spec.strides[1] + j;
            const std::size_t at =
                row * static_cast<std::size_t>(expected.row_length) + static_cast<std::size_t>(j);
            const double got = to_double(gemm.d, d.data, index);
            const double most =
                bound * expected.magnitudes[at] + rounding * std::fabs(expected.values[at]) + 1e-30;
            if (!(std::fabs(got - expected.values[at]) <= most))
                return "row " + std::to_string(expected.rows[row]) + " column " +
                       std::to_string(j) + ": expected " + std::to_string(expected.values[at]) +
                       ", got " + std::to_string(got);
        }
    return {};
}

} // namespace

std::string VendorRunner::check(const KernelFamily& family, const Gemm& gemm, std::uint64_t seed,
                                std::int64_t slack) {
    const Problem problem = gemm.problem();
    const Support support = family.supports(problem, model());
    if (!support.yes) return "not supported: " + support.reason;
    const std::optional<Config> config = family.fallback(problem, model());
    if (!config) return "no fallback";
    const Program program = family.emit(problem, *config, model());
    const Session::Loaded loaded = session_->load(program, std::vector<Binary>(1));
    if (loaded.outcome != Outcome::ok) return loaded.detail;

    const Operation& operation = gemm_operation();
    std::vector<ArgSpec> specs = operation.args(problem);
    for (ArgSpec& spec : specs)
        if (spec.present() && spec.rank == 3) {
            spec.strides[1] += slack;
            spec.strides[0] = spec.shape[1] * spec.strides[1];
        }
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
    Launch launch;
    launch.kernel = loaded.kernel.get();
    launch.problem = &problem;
    std::vector<Tensor>& operands = launch.operand_sets.emplace_back(specs.size());
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (!specs[i].present()) continue;
        operands[i].strides = specs[i].strides;
        operands[i].data = storage[i].data();
        if (specs[i].rank == 0) continue;
        const bool output = i == Gemm::d_arg;
        memory[i] =
            session_->allocate(storage[i].size(), output ? MemoryUse::output : MemoryUse::input);
        if (output && specs[i].role == Role::out)
            session_->fill(*memory[i], std::byte{0xff}); // NaN
        else
            session_->upload(*memory[i], 0, storage[i]);
        operands[i].data = memory[i]->data();
    }
    session_->protect_inputs();
    std::vector<std::unique_ptr<Memory>> prepared;
    for (std::size_t i = 0; i < program.prepare.size(); ++i) {
        const auto bytes = static_cast<std::size_t>(program.prepare[i].bytes.value(problem));
        prepared.push_back(session_->allocate(bytes, MemoryUse::output));
        launch.prepared.push_back(prepared.back()->data());
        if (loaded.kernel->prepare(static_cast<int>(i), problem, operands, prepared.back()->data(),
                                   {}) != Status::ok)
            return "preparing failed";
        if (const RunReport guards = session_->check_guards(*prepared.back());
            guards.outcome != Outcome::ok)
            return guards.detail;
    }
    if (const RunReport run = session_->run(launch); run.outcome != Outcome::ok) return run.detail;
    const RunReport guards = session_->check_guards(*memory[Gemm::d_arg]);
    if (guards.outcome != Outcome::ok) return guards.detail;
    session_->download(*memory[Gemm::d_arg], 0, storage[Gemm::d_arg]);
    return difference(gemm, host[Gemm::d_arg], expected);
}

} // namespace hone::test
