// What the gemm families of the fake backend have in common: which problems they can do, and the
// arguments of a `compute gemm` kernel.
#pragma once

#include "hone/family.hpp"
#include "hone/gemm.hpp"

#include <string>
#include <utility>
#include <vector>

namespace fake {

inline hone::Support supports_gemm(const hone::Problem& problem) {
    const hone::Gemm gemm = hone::Gemm::from(problem);
    const bool f32 = gemm.a == hone::DType::f32 && gemm.b == hone::DType::f32 &&
                     gemm.d == hone::DType::f32 && gemm.c == hone::DType::none;
    if (!f32) return {false, "the fake device computes in f32"};
    if (gemm.batch != 1) return {false, "no batches"};
    if (!gemm.epilogue.empty() || gemm.accumulate) return {false, "no epilogue"};
    if (gemm.scale == hone::Scale::alpha_beta) return {false, "no beta"};
    if (!gemm.b_layout.empty()) return {false, "no packed layouts"};
    return {true, {}};
}

// `a` and `b` as they are passed: pointers or tensor maps.
inline std::vector<hone::KernelArg> gemm_arguments(const hone::Gemm& gemm, hone::KernelArg a,
                                                   hone::KernelArg b) {
    using hone::DimArg;
    using hone::Gemm;
    using hone::ImmediateArg;
    using hone::StrideArg;
    constexpr int row_axis = 1; // of batch, row, column
    std::vector<hone::KernelArg> args = {
        std::move(a),
        std::move(b),
        hone::OperandArg{Gemm::d_arg},
        DimArg{Gemm::m_dim},
        DimArg{Gemm::n_dim},
        DimArg{Gemm::k_dim},
        StrideArg{Gemm::a_arg, row_axis},
        StrideArg{Gemm::b_arg, row_axis},
        StrideArg{Gemm::d_arg, row_axis},
        ImmediateArg{hone::a_transposed(gemm.layout)},
        ImmediateArg{hone::b_transposed(gemm.layout)},
    };
    if (gemm.scale == hone::Scale::alpha) args.push_back(hone::ScalarArg{Gemm::alpha_arg});
    return args;
}

inline std::string gemm_params(const hone::Gemm& gemm) {
    std::string line = "params a b d m n k lda ldb ldd trans_a trans_b";
    if (gemm.scale == hone::Scale::alpha) line += " alpha";
    return line + "\n";
}

} // namespace fake
