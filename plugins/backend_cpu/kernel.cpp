#include "kernel.hpp"

#include "thread_pool.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

namespace hone::cpu {

struct CpuKernel::Run {
    const Problem& problem;
    std::span<const Tensor> operands;
    std::span<void* const> prepared;
    void* workspace = nullptr;
    void* output = nullptr; // of a preparation: what its PreparedArgs point at
};

namespace {

template <typename... Ts> struct Overloaded : Ts... { using Ts::operator()...; };
template <typename... Ts> Overloaded(Ts...) -> Overloaded<Ts...>;

// The value of an argument that has no storage elsewhere.
union Slot {
    void* pointer;
    std::int64_t wide;
    std::int32_t narrow;
};

void* offset(void* base, std::int64_t bytes) noexcept {
    return base ? static_cast<std::byte*>(base) + bytes : nullptr;
}

void* integer(Slot& slot, std::int64_t value, int bits) noexcept {
    if (bits == 32)
        slot.narrow = static_cast<std::int32_t>(value);
    else
        slot.wide = value;
    return &slot;
}

void* pointer(Slot& slot, void* value) noexcept {
    slot.pointer = value;
    return &slot;
}

std::size_t index(int value) noexcept { return static_cast<std::size_t>(value); }

void wait_at(void* barrier) { static_cast<Barrier*>(barrier)->wait(); }

// All items of one step, shared by the threads that run it.
struct Items {
    hone_cpu_kernel entry;
    void* const* args;
    int count;
    Barrier* barrier;          // of a cooperative step: thread i runs item i
    std::atomic<int> next = 0; // otherwise whichever thread is free takes the next one
};

void run_items(void* argument, int thread) noexcept {
    auto& items = *static_cast<Items*>(argument);
    if (items.barrier) {
        const hone_cpu_item item{thread, items.count, items.barrier, wait_at};
        items.entry(items.args, &item);
        return;
    }
    for (int i; (i = items.next.fetch_add(1, std::memory_order_relaxed)) < items.count;) {
        const hone_cpu_item item{i, items.count, nullptr, nullptr};
        items.entry(items.args, &item);
    }
}

} // namespace

CpuKernel::CpuKernel(const Program& program, std::vector<hone_cpu_kernel> entries,
                     std::shared_ptr<Parallel> parallel, std::shared_ptr<ObjectLoader> loader,
                     std::vector<std::unique_ptr<LoadedObject>> code)
    : zero_init_(program.zero_init), workspace_bytes_(program.workspace_bytes),
      parallel_(std::move(parallel)), loader_(std::move(loader)), code_(std::move(code)) {
    auto entry = entries.begin();
    const auto tasks = [&](const std::vector<Step>& steps) {
        std::vector<Task> made;
        for (const Step& step : steps) {
            made.push_back(
                {*entry++, step.grid[0], (step.flags & Step::cooperative) != 0, step.args});
            for (const KernelArg& arg : step.args) {
                const auto needs = [&](int operand) {
                    operands_needed_ = std::max(operands_needed_, index(operand) + 1);
                };
                if (const auto* a = std::get_if<OperandArg>(&arg)) needs(a->operand);
                if (const auto* a = std::get_if<ScalarArg>(&arg)) needs(a->operand);
                if (const auto* a = std::get_if<StrideArg>(&arg)) needs(a->operand);
            }
        }
        return made;
    };
    tasks_ = tasks(program.steps);
    for (const Prepare& prepare : program.prepare) preparations_.push_back(tasks(prepare.steps));
    for (const ZeroInit& zero : zero_init_)
        if (!zero.in_workspace)
            operands_needed_ = std::max(operands_needed_, index(zero.operand) + 1);
    prepared_needed_ = program.prepare.size();
    foreign_ =
        std::any_of(program.modules.begin(), program.modules.end(),
                    [](const Module& module) { return module.kind == Module::Kind::library; });
}

std::optional<std::string> CpuKernel::objection(const Program& program) {
    const auto in = [&](const std::vector<Step>& steps) -> std::optional<std::string> {
        for (const Step& step : steps) {
            if (step.module < 0 || index(step.module) >= program.modules.size())
                return "step " + step.kernel + " names module " + std::to_string(step.module);
            if (step.args.size() > most_arguments)
                return step.kernel + " has " + std::to_string(step.args.size()) +
                       " arguments, the limit is " + std::to_string(most_arguments);
            for (const KernelArg& arg : step.args) {
                if (std::holds_alternative<TensorMap>(arg))
                    return step.kernel + ": a CPU kernel cannot take a tensor map";
                const auto* prepared = std::get_if<PreparedArg>(&arg);
                if (prepared &&
                    (prepared->prepared < 0 || index(prepared->prepared) >= program.prepare.size()))
                    return step.kernel + " names prepared operand " +
                           std::to_string(prepared->prepared);
            }
        }
        return std::nullopt;
    };
    if (auto found = in(program.steps)) return found;
    for (const Prepare& prepare : program.prepare)
        if (auto found = in(prepare.steps)) return found;
    return std::nullopt;
}

std::size_t CpuKernel::workspace_bytes(const Problem& problem) const noexcept {
    return static_cast<std::size_t>(std::max<std::int64_t>(0, workspace_bytes_.value(problem)));
}

Status CpuKernel::run(const std::vector<Task>& tasks, const Run& run) const noexcept {
    for (const Task& task : tasks) {
        std::array<Slot, most_arguments> slots;
        std::array<void*, most_arguments> args;
        for (std::size_t i = 0; i < task.args.size(); ++i) {
            Slot& slot = slots[i];
            args[i] = std::visit(
                Overloaded{
                    [&](const OperandArg& a) {
                        return pointer(slot,
                                       offset(run.operands[index(a.operand)].data, a.offset_bytes));
                    },
                    [&](const ScalarArg& a) { return run.operands[index(a.operand)].data; },
                    [&](const WorkspaceArg& a) {
                        return pointer(slot,
                                       offset(run.workspace, a.offset_bytes.value(run.problem)));
                    },
                    [&](const PreparedArg& a) {
                        return pointer(slot,
                                       run.output ? run.output : run.prepared[index(a.prepared)]);
                    },
                    [&](const DimArg& a) {
                        return integer(slot, run.problem.dims[index(a.dim)], a.bits);
                    },
                    [&](const StrideArg& a) {
                        return integer(slot, run.operands[index(a.operand)].strides[index(a.axis)],
                                       a.bits);
                    },
                    [&](const ImmediateArg& a) {
                        return integer(slot, static_cast<std::int64_t>(a.value), a.bits);
                    },
                    [](const TensorMap&) -> void* { return nullptr; }, // refused by objection()
                },
                task.args[i]);
        }

        const std::int64_t count = task.items.value(run.problem);
        if (count < 1) continue;
        const int most = parallel_->most();
        if (count > (task.cooperative ? most : std::int64_t{1} << 30)) return Status::device_error;
        Barrier barrier{static_cast<int>(count)};
        Items items{task.entry, args.data(), static_cast<int>(count),
                    task.cooperative ? &barrier : nullptr};
        parallel_->run(static_cast<int>(std::min<std::int64_t>(count, most)), run_items, &items);
    }
    return Status::ok;
}

Status CpuKernel::launch(const Problem& problem, std::span<const Tensor> operands,
                         std::span<void* const> prepared, void* workspace, Stream) const noexcept {
    if (operands.size() < operands_needed_ || prepared.size() < prepared_needed_)
        return Status::invalid_argument;
    if (!workspace && workspace_bytes(problem) > 0) return Status::workspace_too_small;
    for (const ZeroInit& zero : zero_init_) {
        void* base = zero.in_workspace ? workspace : operands[index(zero.operand)].data;
        const std::int64_t bytes = zero.bytes.value(problem);
        if (!base) return Status::invalid_argument;
        if (bytes > 0)
            std::memset(offset(base, zero.offset_bytes.value(problem)), 0,
                        static_cast<std::size_t>(bytes));
    }
    return run(tasks_, {problem, operands, prepared, workspace, nullptr});
}

Status CpuKernel::prepare(int which, const Problem& problem, std::span<const Tensor> operands,
                          void* out, Stream) const noexcept {
    if (which < 0 || index(which) >= preparations_.size() || !out ||
        operands.size() < operands_needed_)
        return Status::invalid_argument;
    return run(preparations_[index(which)], {problem, operands, {}, nullptr, out});
}

} // namespace hone::cpu
