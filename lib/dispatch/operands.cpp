#include "lib/dispatch/operands.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace hone::dispatch {

namespace {

constexpr std::int64_t most_vector_bytes = 16;

// Bytes; 0 where the problem is packed or its operation knows no such class.
std::int64_t alignment_class(const Operation& operation, const Problem& problem) {
    const Field* field = operation.schema().find("alignment");
    return field ? problem.attributes[static_cast<std::size_t>(field->slot)] : 0;
}

std::int64_t largest_power_of_two_in(std::int64_t value) { return value & -value; }

// Rows begin at any multiple of `row_bits`: the alignment that all of them have.
std::int64_t row_alignment(std::int64_t row_bits) {
    const std::int64_t bytes = largest_power_of_two_in(row_bits) / 8;
    return std::clamp<std::int64_t>(bytes, 1, most_vector_bytes);
}

bool is_row_major(const ArgSpec& spec) {
    std::int64_t packed = 1;
    for (int axis = spec.rank; axis-- > 0;) {
        if (spec.strides[static_cast<std::size_t>(axis)] != packed) return false;
        packed *= spec.shape[static_cast<std::size_t>(axis)];
    }
    return true;
}

std::size_t index_of(int axis) { return static_cast<std::size_t>(axis); }

} // namespace

OperandRules::OperandRules(const Operation& operation, const Problem& problem)
    : operation_(operation.name()) {
    const std::int64_t class_bytes = alignment_class(operation, problem);
    for (ArgSpec& arg : operation.args(problem)) {
        Wanted wanted{.spec = std::move(arg)};
        const ArgSpec& spec = wanted.spec;
        ragged_ = ragged_ || (spec.present() && spec.role == Role::index);
        if (spec.present() && spec.rank > 0) {
            const std::int64_t element_bits = bits(spec.dtype);
            const std::int64_t row = spec.shape[index_of(spec.rank - 1)];
            wanted.row_major = is_row_major(spec);
            wanted.strided = class_bytes > 0 && !wanted.row_major;
            wanted.address_bytes = wanted.strided ? class_bytes : row_alignment(row * element_bits);
            // No class is finer than the elements.
            wanted.address_bytes = std::max(wanted.address_bytes, element_bits / 8);
            wanted.stride_elements =
                std::max<std::int64_t>(wanted.address_bytes * 8 / element_bits, 1);
        }
        operands_.push_back(std::move(wanted));
    }
    if (operands_.size() > most)
        throw Error(Errc::internal, "an operation has too many operands to serve");
}

std::optional<OperandRules::Breach>
OperandRules::breach(std::span<const Tensor> operands) const noexcept {
    if (operands.size() != operands_.size())
        return Breach{.rule = Rule::count,
                      .wanted = static_cast<std::int64_t>(operands_.size()),
                      .got = static_cast<std::int64_t>(operands.size())};
    for (std::size_t i = 0; i < operands.size(); ++i)
        if (operands_[i].spec.present())
            if (const auto found = breach_of(i, operands[i])) return found;
    return std::nullopt;
}

std::optional<OperandRules::Breach> OperandRules::breach_of(std::size_t operand,
                                                            const Tensor& tensor) const noexcept {
    const Wanted& wanted = operands_[operand];
    const ArgSpec& spec = wanted.spec;
    const auto broken = [&](Rule rule, int axis, std::int64_t need, std::int64_t got) {
        return Breach{rule, operand, axis, need, got};
    };
    if (!tensor.data) return broken(Rule::data, 0, 0, 0);
    const auto address = reinterpret_cast<std::uintptr_t>(tensor.data);
    if (address % static_cast<std::uintptr_t>(wanted.address_bytes) != 0)
        return broken(Rule::address, 0, wanted.address_bytes, 0);

    const auto of_spec = [&](int axis) { return spec.strides[index_of(axis)]; };
    const bool shaped = std::any_of(tensor.shape.begin(), tensor.shape.begin() + spec.rank,
                                    [](std::int64_t extent) { return extent != 0; });
    const std::array<std::int64_t, max_rank>& shape = shaped && ragged_ ? tensor.shape : spec.shape;
    for (int axis = spec.rank - 1; axis >= 0; --axis) {
        const bool last = axis == spec.rank - 1, leading = axis == spec.rank - 2;
        const std::int64_t extent = tensor.shape[index_of(axis)];
        if (shaped && (ragged_ && !last ? extent < 0 : extent != spec.shape[index_of(axis)]))
            return broken(Rule::shape, axis, spec.shape[index_of(axis)], extent);
        if (!leading && shape[index_of(axis)] == 1) continue;

        const std::int64_t stride = tensor.strides[index_of(axis)];
        if (last || (!wanted.strided && !ragged_)) {
            if (stride != of_spec(axis)) return broken(Rule::stride, axis, of_spec(axis), stride);
            continue;
        }
        const std::int64_t inner = tensor.strides[index_of(axis + 1)];
        const std::int64_t inside = inner * shape[index_of(axis + 1)];
        if (wanted.strided) {
            if (stride < inside || stride % wanted.stride_elements != 0)
                return broken(leading ? Rule::leading : Rule::outer, axis, inside, stride);
        } else if (shaped && wanted.row_major) {
            if (stride != inside) return broken(Rule::stride, axis, inside, stride);
        } else if (stride <= 0 || (wanted.row_major && stride % std::max<std::int64_t>(inner, 1))) {
            return broken(Rule::stride, axis, of_spec(axis), stride);
        }
    }
    return std::nullopt;
}

std::string OperandRules::describe(const Breach& breach) const {
    if (breach.rule == Rule::count)
        return fmt::format("{} takes {} operands, got {}", operation_, breach.wanted, breach.got);
    const Wanted& wanted = operands_[breach.operand];
    std::string name = "operand " + wanted.spec.name;
    switch (breach.rule) {
    case Rule::count:
    case Rule::data:
        return name + " has null data";
    case Rule::address:
        return fmt::format("{}: its address must be a multiple of {} bytes", name, breach.wanted);
    case Rule::shape:
        return fmt::format("{}: extent {} of axis {}, expected {}", name, breach.got, breach.axis,
                           breach.wanted);
    case Rule::stride:
        return fmt::format("{}: stride {} of axis {}, expected {}", name, breach.got, breach.axis,
                           breach.wanted);
    case Rule::leading:
    case Rule::outer:
        return fmt::format("{}: {} {} must be at least {} and a multiple of {} elements", name,
                           breach.rule == Rule::leading ? "leading dimension" : "outer stride",
                           breach.got, breach.wanted, wanted.stride_elements);
    }
    return name;
}

} // namespace hone::dispatch
