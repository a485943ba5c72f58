#include "arguments.hpp"

#include "tensor_map.hpp"

#include <algorithm>
#include <cstring>

namespace hone::cuda {
namespace {

template <typename T, std::size_t extent>
T* element(std::span<T, extent> list, int index) noexcept {
    return index >= 0 && static_cast<std::size_t>(index) < list.size()
               ? &list[static_cast<std::size_t>(index)]
               : nullptr;
}

bool valid_bits(int bits) { return bits == 32 || bits == 64; }

} // namespace

std::string ArgumentBlock::objection(const Step& step) {
    if (step.args.size() > most_arguments)
        return std::to_string(step.args.size()) + " arguments, at most " +
               std::to_string(most_arguments) + " can be passed";
    std::size_t maps = 0;
    for (const KernelArg& arg : step.args) {
        maps += std::holds_alternative<TensorMap>(arg);
        const auto* dim = std::get_if<DimArg>(&arg);
        const auto* stride = std::get_if<StrideArg>(&arg);
        const auto* constant = std::get_if<ImmediateArg>(&arg);
        if ((dim && !valid_bits(dim->bits)) || (stride && !valid_bits(stride->bits)) ||
            (constant && !valid_bits(constant->bits)))
            return "integer arguments have 32 or 64 bits";
        if (const auto* map = std::get_if<TensorMap>(&arg); map && !plan(*map, Tensor{}))
            return "no tensor map can be encoded from its description";
    }
    if (maps > most_maps)
        return std::to_string(maps) + " tensor maps, at most " + std::to_string(most_maps) +
               " can be passed";
    return {};
}

// Sets values_[at] or a map and returns what went wrong. A little-endian host: the low half of a
// value is its 32-bit form.
struct ArgumentBlock::Binder {
    ArgumentBlock& block;
    const Driver& driver;
    const LaunchInputs& inputs;
    std::size_t at;

    Status set(std::uint64_t value) const noexcept {
        block.values_[at] = value;
        block.pointers_[at] = &block.values_[at];
        return Status::ok;
    }
    Status set_pointer(const void* base, std::int64_t offset) const noexcept {
        return set(reinterpret_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(offset));
    }

    Status operator()(const OperandArg& arg) const noexcept {
        const Tensor* operand = element(inputs.operands, arg.operand);
        if (!operand) return Status::invalid_argument;
        // An absent operand stays null, whatever its offset.
        return operand->data ? set_pointer(operand->data, arg.offset_bytes) : set(0);
    }
    Status operator()(const ScalarArg& arg) const noexcept {
        const Tensor* operand = element(inputs.operands, arg.operand);
        if (!operand || !operand->data) return Status::invalid_argument;
        std::uint32_t value = 0; // scalars of operations are f32
        std::memcpy(&value, operand->data, sizeof value);
        return set(value);
    }
    Status operator()(const WorkspaceArg& arg) const noexcept {
        if (!inputs.workspace) return Status::workspace_too_small;
        return set_pointer(inputs.workspace, arg.offset_bytes.value(inputs.problem));
    }
    Status operator()(const PreparedArg& arg) const noexcept {
        const auto* prepared = element(inputs.prepared, arg.prepared);
        return prepared && *prepared ? set_pointer(*prepared, 0) : Status::invalid_argument;
    }
    Status operator()(const DimArg& arg) const noexcept {
        const auto* dim = element(std::span(inputs.problem.dims), arg.dim);
        return dim ? set(static_cast<std::uint64_t>(*dim)) : Status::invalid_argument;
    }
    Status operator()(const StrideArg& arg) const noexcept {
        const Tensor* operand = element(inputs.operands, arg.operand);
        if (!operand) return Status::invalid_argument;
        const auto* stride = element(std::span(operand->strides), arg.axis);
        return stride ? set(static_cast<std::uint64_t>(*stride)) : Status::invalid_argument;
    }
    Status operator()(const ImmediateArg& arg) const noexcept { return set(arg.value); }
    Status operator()(const TensorMap& map) const noexcept {
        const Tensor* operand = element(inputs.operands, map.operand);
        const auto planned = operand ? plan(map, *operand) : std::nullopt;
        if (!planned || block.used_maps_ == most_maps) return Status::invalid_argument;
        api::EncodedTensorMap& encoded = block.maps_[block.used_maps_++];
        block.refused_ = encode(driver, *planned, encoded);
        if (block.refused_ != api::Result::success) return Status::invalid_argument;
        block.pointers_[at] = &encoded;
        return Status::ok;
    }
};

Status ArgumentBlock::bind(const Driver& driver, std::span<const KernelArg> args,
                           const LaunchInputs& inputs) noexcept {
    used_maps_ = 0;
    for (std::size_t i = 0; i < args.size(); ++i) {
        const Status status = std::visit(Binder{*this, driver, inputs, i}, args[i]);
        if (status != Status::ok) return status;
    }
    return Status::ok;
}

} // namespace hone::cuda
