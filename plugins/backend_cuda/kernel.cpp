#include "kernel.hpp"

#include <array>
#include <limits>

namespace hone::cuda {
namespace {

unsigned clipped(std::int64_t value) noexcept {
    // The driver refuses what no grid can have, zero too.
    if (value < 0 || value > std::numeric_limits<unsigned>::max()) return 0;
    return static_cast<unsigned>(value);
}

} // namespace

std::size_t CudaKernel::workspace_bytes(const Problem& problem) const noexcept {
    return static_cast<std::size_t>(workspace_bytes_.value(problem));
}

const std::string& CudaKernel::step_name(int step) const {
    return steps_.at(static_cast<std::size_t>(step)).step.kernel;
}

api::Result CudaKernel::start(const Entry& entry, const Problem& problem, ArgumentBlock& arguments,
                              api::Stream stream) const noexcept {
    const Driver& driver = context_->driver();
    const Step& step = entry.step;
    api::LaunchConfig config{};
    config.grid_x = clipped(step.grid[0].value(problem));
    config.grid_y = clipped(step.grid[1].value(problem));
    config.grid_z = clipped(step.grid[2].value(problem));
    config.block_x = static_cast<unsigned>(step.block[0]);
    config.block_y = static_cast<unsigned>(step.block[1]);
    config.block_z = static_cast<unsigned>(step.block[2]);
    config.shared_bytes = clipped(step.shared_bytes);
    config.stream = stream;

    std::array<api::LaunchAttribute, 3> attributes{};
    unsigned count = 0;
    const auto flag = [&](api::LaunchAttributeId id) {
        attributes[count].id = id;
        attributes[count++].value.flag = 1;
    };
    if (step.cluster != std::array{1, 1, 1}) {
        attributes[count].id = api::LaunchAttributeId::cluster_dimension;
        attributes[count++].value.cluster = {static_cast<unsigned>(step.cluster[0]),
                                             static_cast<unsigned>(step.cluster[1]),
                                             static_cast<unsigned>(step.cluster[2])};
    }
    if (step.flags & Step::cooperative) flag(api::LaunchAttributeId::cooperative);
    if (step.flags & Step::programmatic_launch)
        flag(api::LaunchAttributeId::programmatic_stream_serialization);
    if (count == 0) {
        return driver.launch(entry.function, config.grid_x, config.grid_y, config.grid_z,
                             config.block_x, config.block_y, config.block_z, config.shared_bytes,
                             stream, arguments.pointers(), nullptr);
    }
    if (!driver.launch_ex) return api::Result::requires_newer_driver;
    config.attributes = attributes.data();
    config.attribute_count = count;
    return driver.launch_ex(&config, entry.function, arguments.pointers(), nullptr);
}

CudaKernel::Launched CudaKernel::run(std::span<const Entry> entries, const LaunchInputs& inputs,
                                     api::Stream stream) const noexcept {
    const Driver& driver = context_->driver();
    ArgumentBlock arguments;
    Launched launched;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Entry& entry = entries[i];
        launched.step = static_cast<int>(i);
        launched.status = arguments.bind(driver, entry.step.args, inputs);
        launched.result = arguments.refused();
        if (launched.status != Status::ok) return launched;
        if (entry.library) {
            launched.library_status = entry.library(arguments.pointers(), stream);
            if (launched.library_status == 0) continue;
            launched.status = Status::device_error;
            return launched;
        }
        launched.result = start(entry, inputs.problem, arguments, stream);
        if (launched.result != api::Result::success) {
            launched.status = Status::device_error;
            return launched;
        }
    }
    return launched;
}

CudaKernel::Launched CudaKernel::zero(const LaunchInputs& inputs,
                                      api::Stream stream) const noexcept {
    for (const ZeroInit& zero : zero_init_) {
        const void* base = inputs.workspace;
        if (!zero.in_workspace) {
            const auto operand = static_cast<std::size_t>(zero.operand);
            if (operand >= inputs.operands.size()) return {Status::invalid_argument};
            base = inputs.operands[operand].data;
        }
        if (!base) return {Status::invalid_argument};
        const auto address = reinterpret_cast<api::Address>(base) +
                             static_cast<api::Address>(zero.offset_bytes.value(inputs.problem));
        const auto bytes = static_cast<std::size_t>(zero.bytes.value(inputs.problem));
        if (bytes == 0) continue;
        const api::Result result = context_->driver().fill(address, 0, bytes, stream);
        if (result != api::Result::success) return {Status::device_error, result};
    }
    return {};
}

CudaKernel::Launched CudaKernel::enqueue(const LaunchInputs& inputs,
                                         api::Stream stream) const noexcept {
    const Context::Current current(*context_);
    if (current.result() != api::Result::success) return {Status::device_error, current.result()};
    if (!inputs.workspace && workspace_bytes(inputs.problem) > 0)
        return {Status::workspace_too_small};
    const Launched zeroed = zero(inputs, stream);
    return zeroed.status == Status::ok ? run(steps_, inputs, stream) : zeroed;
}

Status CudaKernel::launch(const Problem& problem, std::span<const Tensor> operands,
                          std::span<void* const> prepared, void* workspace,
                          Stream stream) const noexcept {
    return enqueue({problem, operands, prepared, workspace},
                   static_cast<api::Stream>(stream.handle))
        .status;
}

Status CudaKernel::prepare(int index, const Problem& problem, std::span<const Tensor> operands,
                           void* out, Stream stream) const noexcept {
    constexpr std::size_t most_prepared = 16;
    const auto which = static_cast<std::size_t>(index);
    if (index < 0 || which >= preparations_.size() || which >= most_prepared)
        return Status::invalid_argument;
    // Its steps see the memory to fill under the index that later launches find it by.
    std::array<void*, most_prepared> prepared{};
    prepared[which] = out;
    const Context::Current current(*context_);
    if (current.result() != api::Result::success) return Status::device_error;
    return run(preparations_[which], {problem, operands, prepared, nullptr},
               static_cast<api::Stream>(stream.handle))
        .status;
}

} // namespace hone::cuda
