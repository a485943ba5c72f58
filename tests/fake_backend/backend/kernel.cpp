#include "kernel.hpp"

#include "execute.hpp"
#include "limits.hpp"
#include "tests/fake_backend/host_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace fake {
namespace {

using hone::Outcome;

Fault refused(std::string why) { return {Outcome::launch_failed, std::move(why), false}; }

std::array<std::int64_t, 3> grid_of(const hone::Step& step, const hone::Problem& problem) {
    std::array<std::int64_t, 3> grid{};
    for (std::size_t i = 0; i < grid.size(); ++i) grid[i] = step.grid[i].value(problem);
    return grid;
}

// The rules of cuLaunchKernelEx on the shape of a launch.
std::string broken_rule(const hone::Step& step, const std::array<std::int64_t, 3>& grid) {
    static constexpr std::array<std::int64_t, 3> largest_grid{0x7fffffff, 0xffff, 0xffff};
    std::int64_t threads = 1, cluster = 1;
    for (std::size_t i = 0; i < grid.size(); ++i) {
        if (grid[i] < 1 || grid[i] > largest_grid[i]) return "the grid is empty or too large";
        if (step.block[i] < 1 || step.block[i] > largest_block[i]) return "the block is too large";
        if (step.cluster[i] < 1 || grid[i] % step.cluster[i] != 0)
            return "the grid is no multiple of the cluster";
        threads *= step.block[i];
        cluster *= step.cluster[i];
    }
    if (threads > threads_per_block) return "the block has more than 1024 threads";
    const bool large = (step.flags & hone::Step::non_portable_cluster) != 0;
    if (cluster > (large ? 16 : 8)) return "the cluster is too large";
    if (step.shared_bytes < 0 || step.shared_bytes > shared_bytes_per_block)
        return "more shared memory than the device has";
    return {};
}

// A stream that is being captured keeps the work; calling it later queues it on that stream.
void hand_over(const std::shared_ptr<Context>& context, hone::Stream stream, Context::Work work) {
    auto* host = static_cast<HostStream*>(stream.handle);
    if (!host || !host->capturing) return context->queue(stream.handle, std::move(work));
    host->captured.push_back(
        [context, stream, work = std::move(work)] { context->queue(stream.handle, work); });
}

} // namespace

Kernel::Kernel(std::shared_ptr<Context> context, hone::Program program,
               std::vector<ModuleText> modules)
    : context_(std::move(context)), program_(std::move(program)), modules_(std::move(modules)) {
    for (const hone::Step& step : program_.steps) (void)text(step);
    for (const hone::Prepare& prepare : program_.prepare) {
        for (const hone::Step& step : prepare.steps) (void)text(step);
    }
}

const KernelText& Kernel::text(const hone::Step& step) const {
    if (step.module < 0 || static_cast<std::size_t>(step.module) >= modules_.size())
        throw refused("there is no module " + std::to_string(step.module));
    const auto index = static_cast<std::size_t>(step.module);
    const auto& entries = program_.modules[index].entries;
    const KernelText* found = modules_[index].kernel(step.kernel);
    if (!found || std::ranges::find(entries, step.kernel) == entries.end())
        throw refused("module " + program_.modules[index].name + " has no kernel " + step.kernel);
    return *found;
}

std::size_t Kernel::workspace_bytes(const hone::Problem& problem) const noexcept {
    return static_cast<std::size_t>(program_.workspace_bytes.value(problem));
}

void Kernel::bind_zero_init(const LaunchInputs& inputs, std::vector<Context::Work>& work) const {
    for (const hone::ZeroInit& zero : program_.zero_init) {
        const hone::KernelArg where =
            zero.in_workspace ? hone::KernelArg{hone::WorkspaceArg{zero.offset_bytes}}
                              : hone::KernelArg{hone::OperandArg{
                                    zero.operand, zero.offset_bytes.value(*inputs.problem)}};
        const auto address =
            std::get<Address>(bind_arguments(std::span(&where, 1), inputs).front()).value;
        const auto bytes = static_cast<std::size_t>(zero.bytes.value(*inputs.problem));
        work.push_back([address, bytes](DeviceMemory& memory) {
            std::memset(memory.reach(address).at(address, bytes), 0, bytes);
        });
    }
}

void Kernel::bind_steps(std::span<const hone::Step> steps, const LaunchInputs& inputs,
                        std::vector<Context::Work>& work) const {
    for (const hone::Step& step : steps) {
        BoundStep bound{text(step), grid_of(step, *inputs.problem),
                        bind_arguments(step.args, inputs)};
        if (launches_ < bound.kernel.after) bound.kernel.behaviour = Behaviour::ok;
        if (std::string broken = broken_rule(step, bound.grid); !broken.empty())
            throw refused(step.kernel + ": " + broken);
        if (!bound.kernel.params.empty() && bound.kernel.params.size() != bound.arguments.size()) {
            throw refused(step.kernel + " has " + std::to_string(bound.kernel.params.size()) +
                          " parameters and gets " + std::to_string(bound.arguments.size()));
        }
        work.push_back(
            [bound = std::move(bound)](DeviceMemory& memory) { execute(bound, memory); });
    }
}

std::optional<Fault> Kernel::queue(const LaunchInputs& inputs, hone::Stream stream) const {
    if (auto fault = context_->fault()) return fault;
    // Everything is bound before anything is queued: a launch that is refused leaves no part of it.
    std::vector<Context::Work> work;
    try {
        if (workspace_bytes(*inputs.problem) > 0 && !inputs.workspace)
            throw refused("the program needs workspace and there is none");
        bind_zero_init(inputs, work);
        bind_steps(program_.steps, inputs, work);
    } catch (const Fault& fault) {
        return fault;
    }
    ++launches_;
    for (Context::Work& each : work) hand_over(context_, stream, std::move(each));
    return std::nullopt;
}

hone::Status Kernel::launch(const hone::Problem& problem, std::span<const hone::Tensor> operands,
                            std::span<void* const> prepared, void* workspace,
                            hone::Stream stream) const noexcept {
    const auto fault = queue({&problem, operands, prepared, workspace}, stream);
    if (!fault) return hone::Status::ok;
    return fault->sticky ? hone::Status::device_error : hone::Status::invalid_argument;
}

hone::Status Kernel::prepare(int index, const hone::Problem& problem,
                             std::span<const hone::Tensor> operands, void* out,
                             hone::Stream stream) const noexcept {
    if (context_->fault()) return hone::Status::device_error;
    if (index < 0 || static_cast<std::size_t>(index) >= program_.prepare.size())
        return hone::Status::invalid_argument;
    const hone::Prepare& prepare = program_.prepare[static_cast<std::size_t>(index)];
    // Its steps see the memory to fill under the index that later launches find it by.
    std::vector<void*> prepared(program_.prepare.size(), nullptr);
    prepared[static_cast<std::size_t>(index)] = out;
    std::vector<Context::Work> work;
    try {
        bind_steps(prepare.steps, {&problem, operands, prepared, nullptr}, work);
    } catch (const Fault&) {
        return hone::Status::invalid_argument;
    }
    for (Context::Work& each : work) hand_over(context_, stream, std::move(each));
    return hone::Status::ok;
}

std::int64_t Kernel::picoseconds(std::uint64_t sample) const noexcept {
    constexpr std::int64_t per_microsecond = 1'000'000;
    double sum = 0;
    for (const hone::Step& step : program_.steps) {
        const KernelText& kernel =
            *modules_[static_cast<std::size_t>(step.module)].kernel(step.kernel);
        // splitmix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014).
        std::uint64_t bits = kernel.noise_seed + (sample + 1) * 0x9e3779b97f4a7c15u;
        bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
        bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
        bits ^= bits >> 31;
        const double spread = 2 * (static_cast<double>(bits >> 11) * 0x1p-53) - 1; // [-1, 1)
        const double time = static_cast<double>((kernel.time_us + kernel.slow_us));
        sum += time * (1 + kernel.noise_percent / 100 * spread);
    }
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(sum * per_microsecond));
}

} // namespace fake
