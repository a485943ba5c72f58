// What forward and backward programs have in common: macros and arguments of kernel/attention.cuh.
#pragma once

#include "cuda_family/host/source.hpp"
#include "cuda_family/host/target.hpp"
#include "hone/attention.hpp"
#include "hone/family.hpp"
#include "hone/program.hpp"

#include <cstdint>
#include <vector>

namespace hone::attention_mma {

// Why the kernels cannot do it; empty when they can.
[[nodiscard]] std::string objection(const Attention& attention, const DeviceModel& device);

// Bytes between rows of `columns` elements in shared memory (Padded in kernel/attention.cuh).
[[nodiscard]] std::int64_t row_bytes(std::int64_t columns);
// Rounded up to what the matrix unit takes at once.
[[nodiscard]] std::int64_t padded(std::int64_t columns);

// Query heads that share a key head.
[[nodiscard]] std::int64_t group(const Attention& attention);

void define_problem(cuda_family::Macros& macros, const Attention& attention,
                    const cuda_family::Target& target);

// Strides of an operand: batch, position, head. Zeros when it is absent.
void add_strides(std::vector<KernelArg>& args, const Attention& attention, bool present,
                 int operand);
[[nodiscard]] KernelArg pointer(bool present, int operand);
[[nodiscard]] KernelArg scale(const Attention& attention, int operand);

// Heads follow from the model and are baked in; lengths are run-time arguments.
[[nodiscard]] StaticDims static_dims();

} // namespace hone::attention_mma
