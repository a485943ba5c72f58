// The parts of the gemm operation, one file each.
#pragma once

#include "hone/gemm.hpp"

#include <optional>
#include <span>
#include <vector>

namespace hone {

// Slots of gemm_schema().
enum GemmDType { gemm_a, gemm_b, gemm_c, gemm_d };
enum GemmAttribute {
    gemm_layout,
    gemm_scale,
    gemm_leading,
    gemm_alignment,
    gemm_epilogue,
    gemm_accumulate,
    gemm_group,
};

[[nodiscard]] const Schema& gemm_schema();
[[nodiscard]] bool has_step(const Gemm& gemm, EpilogueStep step) noexcept;
// B is stored as whole numbers with scales, beside a floating A.
[[nodiscard]] bool has_quantized_b(const Gemm& gemm) noexcept;
// What the plain algorithm accumulates in: f64 and s32 for operands of their kind, else f32.
[[nodiscard]] DType accumulator(const Gemm& gemm) noexcept;

// Throws Error(workload).
void validate_gemm(const Gemm& gemm);

[[nodiscard]] std::vector<ArgSpec> gemm_args(const Gemm& gemm);
void make_gemm_inputs(const Gemm& gemm, Distribution distribution, std::uint64_t seed,
                      std::span<const HostTensor> args);
[[nodiscard]] ReferenceRows gemm_reference(const Gemm& gemm, std::span<const HostTensor> args,
                                           const RowSelection& selection,
                                           Operation::Arithmetic arithmetic);
[[nodiscard]] std::optional<double> probe_gemm(const Gemm& gemm, std::span<const HostTensor> args,
                                               const HostTensor& d, std::uint64_t seed);
[[nodiscard]] Gemm gemm_proxy(const Gemm& gemm, std::span<const Tile> tiles);

} // namespace hone
