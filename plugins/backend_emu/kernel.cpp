#include "kernel.hpp"

#include <algorithm>
#include <cstring>

namespace hone::emu {

struct EmuKernel::Arguments {
    const Problem& problem;
    std::span<const Tensor> operands;
    std::span<void* const> prepared;
    void* workspace = nullptr;
    void* output = nullptr; // of a preparation
};

namespace {

std::size_t index(int value) { return static_cast<std::size_t>(value); }
u64 address(const void* pointer, s64 offset) {
    return pointer ? reinterpret_cast<u64>(pointer) + static_cast<u64>(offset) : 0;
}

template <typename... Ts> struct Overloaded : Ts... { using Ts::operator()...; };
template <typename... Ts> Overloaded(Ts...) -> Overloaded<Ts...>;

} // namespace

EmuKernel::EmuKernel(const Program& program, std::vector<std::unique_ptr<Module>> modules,
                     std::shared_ptr<AddressSpace> memory, u32 shared_limit)
    : program_(program), memory_(std::move(memory)), shared_limit_(shared_limit),
      modules_(std::move(modules)) {
    for (hone::Module& module : program_.modules) {
        module.source.clear();
        module.bytes.clear();
    }
    tasks_ = tasks_of(program_.steps);
    for (const Prepare& prepare : program_.prepare)
        preparations_.push_back(tasks_of(prepare.steps));
}

std::vector<EmuKernel::Task> EmuKernel::tasks_of(const std::vector<Step>& steps) {
    std::vector<Task> tasks;
    for (const Step& step : steps) {
        auto& code = codes_[{step.module, step.kernel}];
        if (!code) code = modules_[index(step.module)]->kernel(step.kernel);
        if (code->entry->function->params.size() != step.args.size())
            throw Error(Errc::workload, step.kernel + " takes " +
                                            std::to_string(code->entry->function->params.size()) +
                                            " arguments and is given " +
                                            std::to_string(step.args.size()));
        tasks.push_back({step, code.get()});
    }
    return tasks;
}

std::string EmuKernel::objection(const Program& program) {
    const auto in = [&](const std::vector<Step>& steps) -> std::string {
        for (const Step& step : steps) {
            if (step.module < 0 || index(step.module) >= program.modules.size())
                return "step " + step.kernel + " names module " + std::to_string(step.module);
            if (step.cluster != std::array{1, 1, 1})
                return step.kernel + ": clusters are not emulated";
            for (const KernelArg& arg : step.args)
                if (std::holds_alternative<TensorMap>(arg))
                    return step.kernel + ": tensor maps are not emulated";
        }
        return {};
    };
    if (std::string found = in(program.steps); !found.empty()) return found;
    for (const Prepare& prepare : program.prepare)
        if (std::string found = in(prepare.steps); !found.empty()) return found;
    return {};
}

std::size_t EmuKernel::workspace_bytes(const Problem& problem) const noexcept {
    return static_cast<std::size_t>(std::max<s64>(0, program_.workspace_bytes.value(problem)));
}

std::vector<std::byte> EmuKernel::params(const Task& task, const Arguments& arguments) const {
    std::vector<std::byte> bytes(task.code->param_bytes);
    const auto& formals = task.code->entry->function->params;
    for (std::size_t i = 0; i < formals.size(); ++i) {
        const ptx::Variable& formal = *formals[i];
        const auto put = [&](u64 value) {
            std::memcpy(bytes.data() + task.code->param_offsets.at(&formal), &value,
                        std::min<std::size_t>(formal.bytes, sizeof value));
        };
        std::visit(
            Overloaded{
                [&](const OperandArg& a) {
                    put(address(arguments.operands[index(a.operand)].data, a.offset_bytes));
                },
                [&](const ScalarArg& a) {
                    const void* from = arguments.operands[index(a.operand)].data;
                    if (from)
                        std::memcpy(bytes.data() + task.code->param_offsets.at(&formal), from,
                                    formal.bytes);
                },
                [&](const WorkspaceArg& a) {
                    put(address(arguments.workspace, a.offset_bytes.value(arguments.problem)));
                },
                [&](const PreparedArg& a) {
                    put(address(arguments.output ? arguments.output
                                                 : arguments.prepared[index(a.prepared)],
                                0));
                },
                [&](const DimArg& a) {
                    put(static_cast<u64>(arguments.problem.dims[index(a.dim)]));
                },
                [&](const StrideArg& a) {
                    put(static_cast<u64>(
                        arguments.operands[index(a.operand)].strides[index(a.axis)]));
                },
                [&](const ImmediateArg& a) { put(a.value); },
                [](const TensorMap&) {}, // refused by objection()
            },
            task.step.args[i]);
    }
    return bytes;
}

void EmuKernel::zero(const Arguments& arguments) const {
    for (const ZeroInit& zero : program_.zero_init) {
        const void* base =
            zero.in_workspace ? arguments.workspace : arguments.operands[index(zero.operand)].data;
        const s64 bytes = zero.bytes.value(arguments.problem);
        if (bytes <= 0) continue;
        const u64 at = address(base, zero.offset_bytes.value(arguments.problem));
        Allocation* memory = memory_->find(at, static_cast<u64>(bytes));
        if (!memory)
            throw Error(Errc::workload,
                        "memory to be zeroed is out of bounds: " + memory_->describe(at));
        std::memset(memory->data + (at - memory->base), 0, static_cast<std::size_t>(bytes));
        memory->mark_written(at - memory->base, static_cast<u64>(bytes));
    }
}

bool EmuKernel::run_tasks(const std::vector<Task>& tasks, const Arguments& arguments,
                          Options options, Executed& executed) const {
    options.shared_limit = shared_limit_;
    for (const Task& task : tasks) {
        Launch launch;
        launch.kernel = task.code;
        bool empty = false;
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const s64 blocks = task.step.grid[axis].value(arguments.problem);
            empty |= blocks < 1;
            launch.grid[axis] = static_cast<u32>(std::clamp<s64>(blocks, 0, 0x7FFFFFFF));
            launch.block[axis] = static_cast<u32>(task.step.block[axis]);
        }
        if (empty) continue;
        launch.dynamic_shared_bytes = static_cast<u32>(task.step.shared_bytes);
        launch.params = params(task, arguments);
        Grid grid(*memory_, launch, options, executed.reports);
        const bool done = grid.run();
        executed.totals += grid.totals();
        if (executed.keep_lines)
            for (const auto& code : task.code->functions)
                for (std::size_t i = 0; i < code->insts.size(); ++i)
                    if (grid.counts(*code)[i].executed)
                        executed.lines[task.step.module].insert(code->insts[i].line);
        if (!done) return false;
    }
    return true;
}

bool EmuKernel::run(const hone::Launch& launch, Options options, Executed& executed) const {
    const Arguments arguments{*launch.problem,
                              launch.operand_sets.empty()
                                  ? std::span<const Tensor>{}
                                  : std::span<const Tensor>(launch.operand_sets.front()),
                              launch.prepared, launch.workspace, nullptr};
    zero(arguments);
    return run_tasks(tasks_, arguments, options, executed);
}

Status EmuKernel::launch(const Problem& problem, std::span<const Tensor> operands,
                         std::span<void* const> prepared, void* workspace, Stream) const noexcept {
    try {
        const Arguments arguments{problem, operands, prepared, workspace, nullptr};
        Executed executed;
        zero(arguments);
        return run_tasks(tasks_, arguments, {}, executed) && executed.reports.empty()
                   ? Status::ok
                   : Status::device_error;
    } catch (const std::exception&) {
        return Status::internal;
    }
}

Status EmuKernel::prepare(int which, const Problem& problem, std::span<const Tensor> operands,
                          void* out, Stream) const noexcept {
    if (which < 0 || index(which) >= preparations_.size() || !out) return Status::invalid_argument;
    try {
        Executed executed;
        return run_tasks(preparations_[index(which)], {problem, operands, {}, nullptr, out}, {},
                         executed) &&
                       executed.reports.empty()
                   ? Status::ok
                   : Status::device_error;
    } catch (const std::exception&) {
        return Status::internal;
    }
}

} // namespace hone::emu
