#include "common/gemm_call.hpp"

#include "hone/gemm.hpp"

#include <array>
#include <bit>

namespace hone::vendor {
namespace {

ImmediateArg real(DType dtype, double value) {
    if (dtype == DType::f64) return {std::bit_cast<std::uint64_t>(value), 64};
    return {std::bit_cast<std::uint32_t>(static_cast<float>(value)), 32};
}

ImmediateArg integer(std::int64_t value) { return {static_cast<std::uint64_t>(value), 32}; }

} // namespace

std::vector<KernelArg> gemm_arguments(const Gemm& gemm, std::int64_t threads) {
    const std::array operands{Gemm::a_arg, Gemm::b_arg, Gemm::c_arg, Gemm::d_arg};
    std::vector<KernelArg> args;
    args.reserve(4 + 4 + 3 * operands.size());
    for (const int operand : operands) args.emplace_back(OperandArg{operand});
    for (const int dim : {Gemm::m_dim, Gemm::n_dim, Gemm::k_dim, Gemm::batch_dim})
        args.emplace_back(DimArg{dim});
    for (const int operand : operands) {
        args.emplace_back(StrideArg{operand, 0});
        args.emplace_back(StrideArg{operand, 1});
    }
    if (gemm.scale == Scale::none)
        args.emplace_back(real(gemm.d, 1));
    else
        args.emplace_back(ScalarArg{Gemm::alpha_arg});
    if (gemm.scale == Scale::alpha_beta)
        args.emplace_back(ScalarArg{Gemm::beta_arg});
    else
        args.emplace_back(real(gemm.d, gemm.accumulate ? 1 : 0));
    args.emplace_back(integer(a_transposed(gemm.layout)));
    args.emplace_back(integer(b_transposed(gemm.layout)));
    args.emplace_back(integer(threads));
    return args;
}

} // namespace hone::vendor
