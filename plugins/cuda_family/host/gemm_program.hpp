// What the programs of all gemm families on CUDA devices have in common: device/gemm.cuh's macros,
// arguments, launch and reduction step.
#pragma once

#include "cuda_family/host/source.hpp"
#include "hone/family.hpp"
#include "hone/gemm.hpp"
#include "hone/program.hpp"

#include <vector>

namespace hone::cuda_family {

[[nodiscard]] bool has_step(const Gemm& gemm, EpilogueStep step) noexcept;
// Of the sums: f64, f32 or s32.
[[nodiscard]] DType sum_type(const Gemm& gemm) noexcept;

// The macros that follow from the problem.
void define_problem(Macros& macros, const Gemm& gemm);

// GEMM_PARAMETERS.
[[nodiscard]] std::vector<KernelArg> gemm_arguments(const Gemm& gemm);

// Extents and strides are run-time arguments: one program serves all, in these buckets.
[[nodiscard]] StaticDims gemm_static_dims();

// The grid of a kernel with tiles of bm x bn and k in `split` slices.
[[nodiscard]] Extent gemm_blocks(std::int64_t bm, std::int64_t bn, std::int64_t split);

// Adds the step "gemm_reduce" of module 0 and the workspace it reads. Nothing when split is 1.
void add_reduction(Program& program, const Gemm& gemm, std::int64_t split);

} // namespace hone::cuda_family
