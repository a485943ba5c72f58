#include "tests/attention_cpu/fixture.hpp"

#include "hone/registry.hpp"
#include "hone/workload.hpp"
#include "lib/measure/output_scan.hpp"
#include "lib/measure/verifier.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <stdexcept>
#include <vector>

namespace hone::test {
namespace {

// One Registry for all tests of this program: plugins stay loaded anyway.
const Registry& plugins() {
    static const std::array kinds{PluginKind::backend, PluginKind::family};
    static const Registry registry(Options{}, kinds);
    return registry;
}

const Operation& operation_of(const Problem& problem) {
    return problem.operation.view() == "attention" ? attention_operation()
                                                   : attention_backward_operation();
}

std::span<const std::byte> bytes_of(const HostTensor& tensor) {
    return {static_cast<const std::byte*>(tensor.data),
            static_cast<std::size_t>(tensor.spec.storage_bytes())};
}

// Operands in a session's memory.
struct Placed {
    std::vector<std::unique_ptr<Memory>> memory;
    std::vector<Tensor> operands;
};

Placed place(Session& session, const OperandMemory& host) {
    const std::span<const HostTensor> inputs = host.inputs(), results = host.results();
    Placed placed;
    placed.memory.resize(inputs.size());
    placed.operands.resize(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const bool output = results[i].spec.present();
        const ArgSpec& spec = output ? results[i].spec : inputs[i].spec;
        if (!spec.present()) continue;
        placed.operands[i].strides = spec.strides;
        placed.operands[i].data = inputs[i].data;
        if (spec.rank == 0) continue;
        placed.memory[i] = session.allocate(static_cast<std::size_t>(spec.storage_bytes()),
                                            output ? MemoryUse::output : MemoryUse::input);
        if (output)
            session.fill(*placed.memory[i], output_poison);
        else
            session.upload(*placed.memory[i], 0, bytes_of(inputs[i]));
        placed.operands[i].data = placed.memory[i]->data();
    }
    session.protect_inputs();
    return placed;
}

std::string run(Session& session, const Kernel& kernel, const Problem& problem,
                const OperandMemory& host) {
    const Placed placed = place(session, host);
    const auto workspace = session.allocate(kernel.workspace_bytes(problem), MemoryUse::workspace);
    session.fill(*workspace, output_poison);
    Launch launch;
    launch.kernel = &kernel;
    launch.problem = &problem;
    launch.operand_sets.push_back(placed.operands);
    launch.workspace = workspace->data();
    if (const RunReport report = session.run(launch); report.outcome != Outcome::ok)
        return report.detail;
    if (const RunReport guards = session.check_guards(*workspace); guards.outcome != Outcome::ok)
        return "workspace: " + guards.detail;
    const std::span<const HostTensor> results = host.results();
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (!results[i].spec.present()) continue;
        const RunReport guards = session.check_guards(*placed.memory[i]);
        if (guards.outcome != Outcome::ok) return results[i].spec.name + ": " + guards.detail;
        session.download(*placed.memory[i], 0,
                         {static_cast<std::byte*>(results[i].data), bytes_of(results[i]).size()});
    }
    return {};
}

} // namespace

const KernelFamily& family(std::string_view name) { return plugins().family(name); }

const Backend* backend() {
    for (const Backend* known : plugins().backends())
        if (known->name() == "cpu" && known->missing().empty()) return known;
    return nullptr;
}

Problem parsed(std::string_view text) {
    const std::array operations{&attention_operation(), &attention_backward_operation()};
    return parse_problem(text, operations).problem;
}

AttentionRunner::AttentionRunner(std::string_view spec, std::vector<std::string> features)
    : device_(backend()->devices(spec).at(0)), session_(backend()->open(device_, {})) {
    if (features.empty()) return;
    std::erase_if(device_.model.features, [&](const std::string& feature) {
        return std::find(features.begin(), features.end(), feature) == features.end();
    });
}

AttentionRunner::~AttentionRunner() = default;

std::string AttentionRunner::check(const KernelFamily& family, const Problem& problem,
                                   const Config& config, std::uint64_t seed, bool contract) {
    return check(family.emit(problem, config, model()), problem, seed, contract);
}

std::string AttentionRunner::check(const Program& program, const Problem& problem,
                                   std::uint64_t seed, bool contract) {
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

    Verifier verifier(operation_of(problem), problem, seed);
    Verification all;
    for (int set = 0; set < static_cast<int>(operand_sets.size()); ++set) {
        const std::string failure =
            run(*session_, *loaded.kernel, problem, *verifier.set(set).memory);
        if (!failure.empty()) return failure;
        merge(all, verifier.judge(set, program.numerics, Verifier::Look::whole));
    }
    if (all.outcome != Outcome::ok) return all.detail;
    if (contract && all.total_error.frobenius_ppt > 2 * all.plain_error.frobenius_ppt)
        return "total error " + std::to_string(all.total_error.frobenius_ppt) +
               "e-12, of the plain algorithm " + std::to_string(all.plain_error.frobenius_ppt) +
               "e-12";
    return {};
}

} // namespace hone::test
