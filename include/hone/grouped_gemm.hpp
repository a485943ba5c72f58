// Typed view of grouped gemm problems (mixture of experts).
#pragma once

#include "hone/attention.hpp"
#include "hone/gemm.hpp"

#include <cstdint>
#include <string>

namespace hone {

// contiguous: rows of all groups one after the other, offsets in an index argument. masked: every
// group has room for its largest size, real sizes in an index argument. k_grouped: groups split k
// (wgrad).
enum class GroupMode : std::uint8_t { contiguous, masked, k_grouped };

struct GroupedGemm {
    enum Arg { a_arg, b_arg, scale_a_arg, scale_b_arg, sizes_arg, d_arg };
    enum Dim { groups_dim, m_dim, n_dim, k_dim };

    GroupMode mode = GroupMode::contiguous;
    std::int64_t groups = 1;
    std::int64_t m = 1; // per group on average (k_grouped: the same in every group)
    std::int64_t n = 1, k = 1;
    DType a = DType::bf16, b = DType::bf16, d = DType::bf16;
    Layout layout = Layout::nt;
    // Scales of fp8 operands: "none", or blocks "rows x cols of A, of B" such as "1x128,128x128".
    std::string scales = "none";
    Lengths routing; // distribution of group sizes; fixed: all m

    [[nodiscard]] static GroupedGemm from(const Problem& problem);
    [[nodiscard]] Problem problem() const;
};

[[nodiscard]] const Operation& grouped_gemm_operation();

} // namespace hone
