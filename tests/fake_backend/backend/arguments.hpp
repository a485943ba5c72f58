// Kernel arguments with the values they have at one launch.
#pragma once

#include "hone/backend.hpp"
#include "hone/program.hpp"
#include "tensor_map.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace fake {

struct Scalar { // as read from host memory at launch; its kernel knows the type
    std::array<std::byte, 8> bytes{};
};
struct Address {
    std::uint64_t value = 0;
};
using Argument = std::variant<Address, Scalar, std::int64_t, BoundMap>;

// Where the arguments of a launch come from.
struct LaunchInputs {
    const hone::Problem* problem = nullptr;
    std::span<const hone::Tensor> operands;
    std::span<void* const> prepared;
    void* workspace = nullptr;
};

// In the order of `args`. Throws Fault, launch_failed and not sticky, when one cannot be had.
[[nodiscard]] std::vector<Argument> bind_arguments(std::span<const hone::KernelArg> args,
                                                   const LaunchInputs& inputs);

} // namespace fake
