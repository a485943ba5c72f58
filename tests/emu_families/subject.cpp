#include "subject.hpp"

#include "backend.hpp"
#include "hone/error.hpp"
#include "hone/registry.hpp"
#include "hone/workload.hpp"
#include "session.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace hone::emu::test {
namespace {

const Registry& plugins() {
    static const std::array kinds{PluginKind::family};
    static const Registry registry(hone::Options{}, kinds);
    return registry;
}

bool is_written(const ArgSpec& spec) {
    return spec.present() && (spec.role == Role::out || spec.role == Role::inout);
}

} // namespace

struct Subject::Work {
    Problem problem;
    int set = 0; // of operands
    std::vector<ArgSpec> args;
    Program program;
    std::unique_ptr<Verifier> verifier;
    std::shared_ptr<AddressSpace> memory = std::make_shared<AddressSpace>();
    std::vector<u64> bases; // 0: absent
    u64 workspace = 0;
    std::vector<Tensor> tensors;
    std::vector<std::vector<std::byte>> right; // outputs of the unchanged program
    u64 instructions = 0;
    std::map<Schedule::Kind, u64> trace;

    Allocation& allocation(std::size_t i) { return memory->allocations().at(bases[i]); }
    [[nodiscard]] const OperandMemory& host() const { return *verifier_set().memory; }
    [[nodiscard]] const OperandSet& verifier_set() const { return verifier->set(set); }

    void place() {
        const auto inputs = host().inputs();
        for (std::size_t i = 0; i < args.size(); ++i) {
            Tensor& tensor = tensors.emplace_back();
            bases.push_back(0);
            if (!args[i].present()) continue;
            tensor.strides = args[i].strides;
            tensor.shape = args[i].shape;
            if (args[i].rank == 0) {
                tensor.data = inputs[i].data;
                continue;
            }
            Allocation& made = memory->allocate(
                static_cast<u64>(std::max<s64>(1, args[i].storage_bytes())), args[i].name);
            bases.back() = made.base;
            tensor.data = reinterpret_cast<void*>(made.base);
            if (inputs[i].data)
                std::memcpy(made.data, inputs[i].data,
                            static_cast<std::size_t>(args[i].storage_bytes()));
            made.read_only = !is_written(args[i]) && args[i].role != Role::scratch;
        }
        const s64 bytes = program.workspace_bytes.value(problem);
        if (bytes > 0) workspace = memory->allocate(static_cast<u64>(bytes), "the workspace").base;
    }

    void reset() {
        const auto inputs = host().inputs();
        for (std::size_t i = 0; i < args.size(); ++i) {
            if (!bases[i] || allocation(i).read_only) continue;
            std::fill_n(allocation(i).data, allocation(i).bytes, std::byte{0xFF});
            allocation(i).forget_written();
            if (args[i].role != Role::inout) continue;
            std::memcpy(allocation(i).data, inputs[i].data,
                        static_cast<std::size_t>(args[i].storage_bytes()));
            allocation(i).written.clear();
        }
        if (!workspace) return;
        Allocation& scratch = memory->allocations().at(workspace);
        std::fill_n(scratch.data, scratch.bytes, std::byte{0xFF});
        scratch.forget_written();
    }

    // The outputs, also where the verifier looks for them.
    std::vector<std::vector<std::byte>> collect() {
        std::vector<std::vector<std::byte>> outputs;
        const auto results = host().results();
        for (std::size_t i = 0; i < args.size(); ++i) {
            if (!bases[i] || !is_written(args[i])) continue;
            const std::byte* from = allocation(i).data;
            outputs.emplace_back(from, from + args[i].storage_bytes());
            std::memcpy(results[i].data, from, outputs.back().size());
        }
        return outputs;
    }
};

Subject::Subject(const SubjectSpec& spec) {
    const KernelFamily& family = plugins().family(spec.family);
    const EmuBackend backend;
    const Device device = backend.devices(spec.arch).front();
    shared_limit_ = static_cast<u32>(device.model.shared_bytes);
    const Problem first = parse_problem(spec.problems.front(), plugins().operations()).problem;
    auto config = family.fallback(first, device.model);
    if (!config) config = family.seeds(first, device.model).at(0);
    const Config wanted = Config::parse(spec.config);
    for (const auto& [name, value] : wanted.values()) config->set(name, value);
    for (std::size_t each = 0;
         each < spec.problems.size() * static_cast<std::size_t>(spec.operand_sets); ++each) {
        const std::string& text = spec.problems[each % spec.problems.size()];
        auto work = std::make_unique<Work>();
        const WorkloadItem item = parse_problem(text, plugins().operations());
        work->problem = item.problem;
        work->set = static_cast<int>(each / spec.problems.size());
        if (spec.proxies)
            work->problem = item.operation->proxy(
                item.problem, family.emit(item.problem, *config, device.model).tiles);
        work->args = item.operation->args(work->problem);
        work->program = family.emit(work->problem, *config, device.model);
        work->verifier = std::make_unique<Verifier>(*item.operation, work->problem, 1);
        work->place();
        if (works_.empty()) program_ = work->program;
        for (std::size_t i = 0; i < program_.modules.size(); ++i)
            if (work->program.modules.at(i).source != program_.modules[i].source ||
                work->program.modules[i].options != program_.modules[i].options)
                throw Error(Errc::internal, spec.name + ": " + text + " is compiled differently");
        works_.push_back(std::move(work));
    }
    for (const hone::Module& module : program_.modules) {
        const CompileResult compiled = backend.compile(module, device.model);
        if (compiled.outcome != Outcome::ok) throw Error(Errc::internal, compiled.log);
        const auto* text = reinterpret_cast<const char*>(compiled.binary.bytes.data());
        texts_.emplace_back(text, compiled.binary.bytes.size());
    }
    for (const auto& work : works_) {
        Executed executed;
        executed.keep_lines = true;
        for (const Schedule& schedule : eager_and_late) {
            const Sighting seen = run(*work, texts_, schedule, executed);
            if (seen.noticed)
                throw Error(Errc::internal, spec.name + " itself is wrong: " + seen.how);
        }
        work->right = work->collect();
        work->instructions = executed.totals.warp_instructions;
        for (auto& [module, lines] : executed.lines) executed_[module].merge(lines);
    }
}

Subject::~Subject() = default;

std::string Subject::source(std::size_t module, const std::string& place) const {
    const std::size_t colon = place.find(':');
    if (colon == std::string::npos) return {};
    const std::string& text = program_.modules.at(module).source;
    std::size_t at = text.find("#line 1 \"" + place.substr(0, colon));
    for (int left = std::stoi(place.substr(colon + 1)); left > 0 && at < text.size(); --left)
        at = text.find('\n', at) + 1;
    return at < text.size() ? text.substr(at, text.find('\n', at) - at) : std::string();
}

Sighting Subject::run(Work& work, const std::vector<std::string>& texts, Schedule schedule,
                      Executed& executed) {
    work.reset();
    bool same_trace = false;
    std::vector<std::unique_ptr<Module>> modules;
    try {
        for (std::size_t i = 0; i < texts.size(); ++i)
            modules.push_back(std::make_unique<Module>(texts[i], program_.modules[i].name + ".ptx",
                                                       *work.memory));
        const EmuKernel kernel(work.program, std::move(modules), work.memory, shared_limit_);
        hone::Launch launch;
        launch.kernel = &kernel;
        launch.problem = &work.problem;
        launch.operand_sets = {work.tensors};
        launch.workspace = reinterpret_cast<void*>(work.workspace);
        Options options;
        options.schedule = schedule;
        options.costs = false;
        u64 trace = 1;
        options.trace = &trace;

        options.most_idle = 100'000;
        if (work.instructions) options.most_instructions = 4 * work.instructions + 100'000;
        const bool done = kernel.run(launch, options, executed);
        if (!executed.reports.empty())
            return {true, std::string(to_string(executed.reports.sorted().front().rule)) + ": " +
                              executed.reports.sorted().front().message};
        if (!done) return {true, "gave up"};
        same_trace = work.trace.try_emplace(schedule.kind, trace).first->second == trace;
    } catch (const Error& error) {
        return {true, std::string("refused: ") + error.what()};
    }
    const auto outputs = work.collect();
    const Verification verdict =
        work.verifier->judge(work.set, work.program.numerics, Verifier::Look::whole);
    if (verdict.outcome != Outcome::ok) return {true, "result: " + verdict.detail};
    return {false, {}, outputs == work.right, same_trace};
}

Sighting Subject::run(const std::vector<std::string>& texts, std::span<const Schedule> schedules) {
    Sighting all;
    for (const auto& work : works_)
        for (const Schedule& schedule : schedules) {
            Executed executed;
            const Sighting seen = run(*work, texts, schedule, executed);
            if (seen.noticed) return seen;
            all.same_bits &= seen.same_bits;
            all.same_trace &= seen.same_trace;
        }
    return all;
}

} // namespace hone::emu::test
