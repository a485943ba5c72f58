#include "arguments.hpp"

#include <cstring>
#include <type_traits>

namespace fake {
namespace {

Fault refused(std::string why) {
    return {hone::Outcome::launch_failed, "invalid argument: " + std::move(why), false};
}

template <class T> const T& element(std::span<const T> list, int index, const char* what) {
    if (index < 0 || static_cast<std::size_t>(index) >= list.size())
        throw refused("there is no " + std::string(what) + " " + std::to_string(index));
    return list[static_cast<std::size_t>(index)];
}

std::uint64_t address(const void* pointer, std::int64_t offset) {
    return reinterpret_cast<std::uint64_t>(pointer) + static_cast<std::uint64_t>(offset);
}

std::int64_t integer(std::int64_t value, int bits) {
    if (bits != 32 && bits != 64) throw refused("integers have 32 or 64 bits");
    return bits == 32 ? static_cast<std::int32_t>(value) : value;
}

struct Binder {
    const LaunchInputs& inputs;

    const hone::Tensor& operand(int index) const {
        return element(inputs.operands, index, "operand");
    }

    Argument operator()(const hone::OperandArg& arg) const {
        const void* data = operand(arg.operand).data;
        return Address{data ? address(data, arg.offset_bytes) : 0};
    }
    Argument operator()(const hone::ScalarArg& arg) const {
        const void* host = operand(arg.operand).data;
        if (!host) throw refused("scalar operand " + std::to_string(arg.operand) + " is null");
        Scalar scalar;
        // Scalars of operations are f32: the other four bytes may not be there.
        std::memcpy(scalar.bytes.data(), host, 4);
        return scalar;
    }
    Argument operator()(const hone::WorkspaceArg& arg) const {
        if (!inputs.workspace) throw refused("a step needs workspace and there is none");
        return Address{address(inputs.workspace, arg.offset_bytes.value(*inputs.problem))};
    }
    Argument operator()(const hone::PreparedArg& arg) const {
        return Address{address(element(inputs.prepared, arg.prepared, "prepared operand"), 0)};
    }
    Argument operator()(const hone::DimArg& arg) const {
        const std::span<const std::int64_t> dims = inputs.problem->dims;
        return integer(element(dims, arg.dim, "dim"), arg.bits);
    }
    Argument operator()(const hone::StrideArg& arg) const {
        const std::span<const std::int64_t> strides = operand(arg.operand).strides;
        return integer(element(strides, arg.axis, "axis"), arg.bits);
    }
    Argument operator()(const hone::ImmediateArg& arg) const {
        return integer(static_cast<std::int64_t>(arg.value), arg.bits);
    }
    Argument operator()(const hone::TensorMap& map) const {
        BoundMap bound;
        if (const std::string broken = bind_map(map, operand(map.operand), bound);
            !broken.empty()) {
            throw refused("tensor map of operand " + std::to_string(map.operand) + ": " + broken);
        }
        return bound;
    }
};

} // namespace

std::vector<Argument> bind_arguments(std::span<const hone::KernelArg> args,
                                     const LaunchInputs& inputs) {
    std::vector<Argument> bound;
    bound.reserve(args.size());
    for (const hone::KernelArg& arg : args) bound.push_back(std::visit(Binder{inputs}, arg));
    return bound;
}

} // namespace fake
