// Typed view of gemm problems: D = epilogue(alpha op(A) op(B) + beta C), row-major.
#pragma once

#include "hone/operation.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace hone {

// Whether A and B are given transposed: nt has A as m x k and B as n x k (a linear layer).
enum class Layout : std::uint8_t { nn, nt, tn, tt };
[[nodiscard]] constexpr bool a_transposed(Layout layout) noexcept {
    return layout == Layout::tn || layout == Layout::tt;
}
[[nodiscard]] constexpr bool b_transposed(Layout layout) noexcept {
    return layout == Layout::nt || layout == Layout::tt;
}

enum class Scale : std::uint8_t { none, alpha, alpha_beta };

// Applied in order. swiglu: silu(first half of n) * second half, so D has n / 2 columns.
enum class EpilogueStep : std::uint8_t { bias, relu, silu, gelu, gelu_tanh, swiglu, residual };

// Leading dimensions: packed, or strided with the largest power of two (bytes, up to 128) that
// divides every leading dimension and base address.
struct Leading {
    bool strided = false;
    std::int64_t alignment_bytes = 0; // of strided: 1, 2, 4, ... 128
};

struct Gemm {
    // Positions in Operation::args.
    enum Arg {
        a_arg,
        b_arg,
        c_arg,
        bias_arg,
        residual_arg,
        alpha_arg,
        beta_arg,
        scale_b_arg,
        d_arg
    };
    // Slots of Problem::dims.
    enum Dim { m_dim, n_dim, k_dim, batch_dim };

    std::int64_t m = 1, n = 1, k = 1, batch = 1;
    DType a = DType::f32, b = DType::f32, c = DType::none, d = DType::f32;
    Layout layout = Layout::nn;
    Scale scale = Scale::none;
    Leading leading;
    std::vector<EpilogueStep> epilogue;
    bool accumulate = false; // D is inout: D += (wgrad); C is absent then
    std::int64_t group = 0;  // b is s8 or s4: scales per group of that many along k; 0 per channel
    std::string b_layout;    // "packed:cpu-nr16/1"; empty: plain
    std::int64_t d_columns() const noexcept; // n, or n / 2 with swiglu

    // Throw Error(workload) when the problem is not a gemm / the fields make no valid problem.
    [[nodiscard]] static Gemm from(const Problem& problem);
    [[nodiscard]] Problem problem() const;
};

// The operation with its schema. Lives as long as the program.
[[nodiscard]] const Operation& gemm_operation();

} // namespace hone
