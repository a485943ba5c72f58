// The parts of the grouped gemm operation, one file each.
#pragma once

#include "hone/grouped_gemm.hpp"
#include "lib/op/lengths.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace hone {

enum GroupedGemmDType { grouped_a, grouped_b, grouped_d };
enum GroupedGemmAttribute {
    grouped_mode,
    grouped_layout,
    grouped_routing,
    grouped_seed,
    grouped_s,
};
inline constexpr LengthSlots routing_slots{grouped_routing, 0, 0, grouped_seed, grouped_s};

// Elements that share a scale: of A rows along m and columns along k, of B rows along n.
struct ScaleBlocks {
    std::int64_t a_rows = 0, a_columns = 0, b_rows = 0, b_columns = 0;
    [[nodiscard]] bool present() const noexcept { return a_rows != 0; }
};
// Of "none" or "RxC,RxC". Throws Error(workload) for other texts.
[[nodiscard]] ScaleBlocks scale_blocks(const GroupedGemm& gemm);

[[nodiscard]] const Schema& grouped_gemm_schema();
// Throws Error(workload).
void validate_grouped_gemm(const GroupedGemm& gemm);

// Rows of each group, or of k_grouped its part of k.
[[nodiscard]] std::vector<std::int64_t> group_sizes(const GroupedGemm& gemm);

[[nodiscard]] std::vector<ArgSpec> grouped_gemm_args(const GroupedGemm& gemm);
void make_grouped_gemm_inputs(const GroupedGemm& gemm, Distribution distribution,
                              std::uint64_t seed, std::span<const HostTensor> args);
[[nodiscard]] ReferenceRows grouped_gemm_reference(const GroupedGemm& gemm,
                                                   std::span<const HostTensor> args,
                                                   const RowSelection& selection,
                                                   Operation::Arithmetic arithmetic);
[[nodiscard]] GroupedGemm grouped_gemm_proxy(const GroupedGemm& gemm, std::span<const Tile> tiles);

} // namespace hone
