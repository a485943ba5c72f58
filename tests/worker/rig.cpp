#include "tests/worker/rig.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hone::test {

namespace {

// Waits up to a second until `count` gives at most that many.
template <typename Count> std::size_t settled(const Count& count, std::size_t expected) {
    std::size_t found = 0;
    for (int i = 0; i < 100; ++i) {
        found = count();
        if (found <= expected) break;
        ::poll(nullptr, 0, 10);
    }
    return found;
}

} // namespace

Options worker_options() {
    Options options;
    options.worker = HONE_WORKER_PROGRAM;
    options.plugin_folders = {HONE_WORKER_PLUGINS};
    return options;
}

CompileResult NamedBackend::compile(const Module&, const DeviceModel&) const {
    throw std::logic_error("compiled in the tool");
}

std::unique_ptr<Session> NamedBackend::open(const Device&, const SessionOptions&) const {
    throw std::logic_error("opened in the tool");
}

std::vector<ArgSpec> ScaleOperation::args(const Problem& problem) const {
    const std::int64_t n = problem.dims[0];
    const ArgSpec vector{.name = "x",
                         .role = Role::constant,
                         .dtype = DType::f32,
                         .rank = 1,
                         .shape = {n},
                         .strides = {1}};
    ArgSpec y = vector, z = vector, scale = vector, absent = vector;
    y.name = "y";
    y.role = Role::out;
    z.name = "z";
    z.role = Role::inout;
    scale.name = "scale";
    scale.role = Role::in;
    scale.rank = 0;
    absent.name = "absent";
    absent.dtype = DType::none;
    return {vector, y, z, scale, absent};
}

void ScaleOperation::make_inputs(const Problem& problem, Distribution, std::uint64_t seed,
                                 std::span<const HostTensor> args) const {
    for (const std::size_t operand : {0U, 2U}) {
        auto* const data = static_cast<float*>(args[operand].data);
        for (std::int64_t i = 0; i < problem.dims[0]; ++i)
            data[i] =
                static_cast<float>((static_cast<std::uint64_t>(i) * (operand + 1) + seed) % 97);
    }
    *static_cast<float*>(args[3].data) = 2;
}

Problem scale_problem(std::int64_t n) {
    Problem problem;
    problem.operation = Name("scale");
    problem.dims[0] = n;
    problem.dtypes[0] = DType::f32;
    return problem;
}

std::vector<std::shared_ptr<const OperandMemory>> operand_sets(const Operation& operation,
                                                               const Problem& problem, int count) {
    std::vector<std::shared_ptr<const OperandMemory>> sets;
    for (int i = 0; i < count; ++i) {
        auto set = std::make_shared<OperandMemory>(operation.args(problem));
        operation.make_inputs(problem, Distribution::normal, static_cast<std::uint64_t>(i + 1),
                              set->inputs());
        sets.push_back(std::move(set));
    }
    return sets;
}

Executable executable(const std::string& name) {
    Executable executable;
    executable.program.modules.emplace_back();
    if (name == "ok_prepared")
        executable.program.prepare.push_back(
            {0, "negated/1", {.factor = 4, .terms = {{0, 1}}}, {}});
    const auto* data = reinterpret_cast<const std::byte*>(name.data());
    executable.binaries.push_back({"text", {data, data + name.size()}, {}});
    return executable;
}

Rig::Rig(const std::string& name, RunLimits limits, int set_count, std::int64_t n)
    : problem(scale_problem(n)), sets(operand_sets(operation, problem, set_count)), backend(name),
      worker(worker_options(), backend, backend.device(), limits) {
    worker.set_problem(operation, problem, sets);
}

bool Rig::right(int set) const {
    const OperandMemory& memory = *sets[static_cast<std::size_t>(set)];
    const auto* x = static_cast<const float*>(memory.inputs()[0].data);
    const auto* z = static_cast<const float*>(memory.inputs()[2].data);
    const auto* y_result = static_cast<const float*>(memory.results()[1].data);
    const auto* z_result = static_cast<const float*>(memory.results()[2].data);
    for (std::int64_t i = 0; i < problem.dims[0]; ++i) {
        if (y_result[i] != 2 * x[i] || z_result[i] != z[i] + x[i]) return false;
    }
    return true;
}

CheckReport Rig::check(const std::string& name) {
    Run run = worker.start();
    const RunReport loaded = run.load(executable(name));
    return loaded.outcome == Outcome::ok ? run.check(0, 0) : CheckReport{loaded, 0};
}

std::vector<pid_t> descendants() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    std::multimap<pid_t, pid_t> children;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream in(entry.path() / "stat");
        std::string stat;
        std::getline(in, stat);
        const std::size_t after_name = stat.rfind(") ");
        // Gone meanwhile, or waiting to be reaped.
        if (after_name == std::string::npos || stat[after_name + 2] == 'Z') continue;
        children.emplace(std::stoi(stat.substr(after_name + 4)), std::stoi(name));
    }
    std::vector<pid_t> found{::getpid()};
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto [begin, end] = children.equal_range(found[i]);
        for (auto it = begin; it != end; ++it) found.push_back(it->second);
    }
    found.erase(found.begin());
    return found;
}

std::size_t open_files(pid_t process) {
    const std::string name = process == 0 ? "self" : std::to_string(process);
    const std::filesystem::directory_iterator files("/proc/" + name + "/fd");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::size_t settled_descendants(std::size_t expected) {
    return settled([] { return descendants().size(); }, expected);
}

std::size_t settled_open_files(pid_t process, std::size_t expected) {
    return settled([process] { return open_files(process); }, expected);
}

} // namespace hone::test
