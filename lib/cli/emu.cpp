#include "hone/backend.hpp"
#include "hone/error.hpp"
#include "lib/cli/kernel_file.hpp"
#include "lib/cli/verbs.hpp"
#include "lib/report/emulation.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iostream>

namespace hone::cli {

namespace {

// One module, one step; operand i is argument i.
Program program_of(const KernelFile& file) {
    Program program;
    Module& module = program.modules.emplace_back();
    module.name = file.source_name;
    module.source = file.source;
    module.options = file.options;
    module.entries = {file.kernel};
    Step& step = program.steps.emplace_back();
    step.kernel = file.kernel;
    for (std::size_t axis = 0; axis < 3; ++axis) step.grid[axis].factor = file.grid[axis];
    step.block = file.block;
    step.shared_bytes = file.shared_bytes;
    for (int i = 0; i < static_cast<int>(file.arguments.size()); ++i) {
        if (file.arguments[static_cast<std::size_t>(i)].scalar)
            step.args.push_back(ScalarArg{i});
        else
            step.args.push_back(OperandArg{i});
    }
    return program;
}

// The first element that is not what was expected.
std::string difference(const KernelArgument& argument, const std::vector<std::byte>& now) {
    for (std::size_t i = 0; i < argument.expected.size(); ++i) {
        const double got = to_double(argument.dtype, now.data(), static_cast<std::int64_t>(i));
        const double expected = argument.expected[i];
        const double bound = argument.tolerance * (1 + std::fabs(expected));
        if (!(std::fabs(got - expected) <= bound))
            return fmt::format("{}[{}]: expected {:g}, got {:g}", argument.name, i, expected, got);
    }
    return {};
}

RunReport run_kernel(Session& session, const KernelFile& file, const Program& program,
                     const Binary& binary) {
    Session::Loaded loaded = session.load(program, {&binary, 1});
    if (!loaded.kernel) return {loaded.outcome, loaded.detail, false};
    std::vector<std::unique_ptr<Memory>> memory;
    std::vector<Tensor> operands;
    for (const KernelArgument& argument : file.arguments) {
        Tensor& operand = operands.emplace_back();
        if (argument.scalar) {
            memory.emplace_back();
            operand.data = const_cast<std::byte*>(argument.bytes.data());
            continue;
        }
        const MemoryUse use = argument.output ? MemoryUse::output : MemoryUse::input;
        memory.push_back(session.allocate(argument.bytes.size(), use));
        if (!memory.back()) return {Outcome::out_of_memory, argument.name, false};
        session.upload(*memory.back(), 0, argument.bytes);
        operand.data = memory.back()->data();
    }
    const Problem problem;
    Launch launch;
    launch.kernel = loaded.kernel.get();
    launch.problem = &problem;
    launch.operand_sets = {operands};
    RunReport report = session.run(launch);
    for (std::size_t i = 0; i < memory.size(); ++i) {
        if (file.arguments[i].expected.empty()) continue;
        std::vector<std::byte> now(memory[i]->size());
        session.download(*memory[i], 0, now);
        const std::string wrong = difference(file.arguments[i], now);
        if (wrong.empty()) continue;
        report.reports.push_back({"wrong_result", wrong, {}, 0, 1});
        if (report.outcome == Outcome::ok) report.outcome = Outcome::wrong_result;
    }
    return report;
}

struct EmuArguments {
    std::string file;
    std::string arch;
};

int emulate(const Common& common, const EmuArguments& arguments) {
    KernelFile file = read_kernel_file(arguments.file);
    if (!arguments.arch.empty()) file.arch = arguments.arch;
    const Registry registry(common.environment, std::array{PluginKind::backend});
    const Backend& backend = registry.backend("emu");
    const Device device = backend.devices(file.arch).front();
    const Program program = program_of(file);
    CompileResult compiled = backend.compile(program.modules[0], device.model);
    RunReport report;
    if (compiled.outcome == Outcome::ok) {
        const auto session = backend.open(device, {});
        report = run_kernel(*session, file, program, compiled.binary);
    } else {
        report.outcome = compiled.outcome;
        report.detail = compiled.log;
    }
    if (report.outcome != Outcome::ok && report.reports.empty())
        report.reports.push_back({std::string(to_string(report.outcome)), report.detail, {}, 0, 1});
    write(std::cout, emulation_document(file.kernel, report), common.output_format());
    return report.outcome == Outcome::ok ? 0 : exit_code(Errc::check_failed);
}

} // namespace

Verb add_emu(CLI::App& root, const Common& common) {
    CLI::App* app = root.add_subcommand("emu", "any CUDA kernel in the emulator, under all checks");
    const auto arguments = std::make_shared<EmuArguments>();
    app->add_option("kernel", arguments->file, "KERNEL.toml: source, launch and arguments")
        ->required()
        ->check(CLI::ExistingFile);
    app->add_option("--arch", arguments->arch, "sm_75 to sm_120 (default: the file's)");
    return {app, [&common, arguments] { return emulate(common, *arguments); }};
}

} // namespace hone::cli
