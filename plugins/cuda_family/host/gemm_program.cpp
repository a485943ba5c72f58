#include "cuda_family/host/gemm_program.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace hone::cuda_family {
namespace {

bool integer(DType dtype) {
    return dtype == DType::s8 || dtype == DType::u8 || dtype == DType::s32;
}

// Integers stay exact: in an int unless they are scaled.
const char* real_type(const Gemm& gemm) {
    if (gemm.a == DType::f64) return "double";
    if (!integer(gemm.d)) return "float";
    return gemm.scale == Scale::none ? "int" : "double";
}

const char* function(EpilogueStep step) {
    switch (step) {
    case EpilogueStep::bias:
        return "add_bias";
    case EpilogueStep::relu:
        return "relu";
    case EpilogueStep::silu:
        return "silu";
    case EpilogueStep::gelu:
        return "gelu";
    case EpilogueStep::gelu_tanh:
        return "gelu_tanh";
    case EpilogueStep::residual:
        return "add_residual";
    case EpilogueStep::swiglu:
        break; // lies between the two chains
    }
    return "";
}

// "relu(add_bias(x))", of steps in [from, to).
template <class Iterator> std::string chain(Iterator from, Iterator to) {
    std::string text = "x";
    for (; from != to; ++from)
        text = std::string(function(*from)).append("(").append(text).append(")");
    return text;
}

KernelArg pointer(bool present, int operand) {
    if (present) return OperandArg{operand};
    return ImmediateArg{0, 64};
}

KernelArg stride(bool present, int operand, int axis) {
    if (present) return StrideArg{operand, axis};
    return ImmediateArg{0, 64};
}

KernelArg factor(const Gemm& gemm, bool present, int operand) {
    if (present) return ScalarArg{operand};
    if (gemm.a == DType::f64) return ImmediateArg{std::bit_cast<std::uint64_t>(0.0), 64};
    return ImmediateArg{std::bit_cast<std::uint32_t>(0.0f), 32};
}

} // namespace

bool has_step(const Gemm& gemm, EpilogueStep step) noexcept {
    return std::find(gemm.epilogue.begin(), gemm.epilogue.end(), step) != gemm.epilogue.end();
}

DType sum_type(const Gemm& gemm) noexcept {
    if (gemm.a == DType::f64) return DType::f64;
    return integer(gemm.a) ? DType::s32 : DType::f32;
}

void define_problem(Macros& macros, const Gemm& gemm) {
    const auto swiglu = std::find(gemm.epilogue.begin(), gemm.epilogue.end(), EpilogueStep::swiglu);
    const bool paired = swiglu != gemm.epilogue.end();
    const DType sum = sum_type(gemm);
    macros.type("A_TYPE", gemm.a)
        .type("B_TYPE", gemm.b)
        .type("C_TYPE", gemm.c == DType::none ? gemm.d : gemm.c)
        .type("D_TYPE", gemm.d)
        .define("SUM_TYPE", sum == DType::f64   ? "double"
                            : sum == DType::s32 ? "int"
                                                : "float")
        .define("REAL_TYPE", real_type(gemm))
        .define("SCALE_TYPE", gemm.a == DType::f64 ? "double" : "float")
        .number("A_TRANSPOSED", a_transposed(gemm.layout))
        .number("B_TRANSPOSED", b_transposed(gemm.layout))
        .number("HAS_ALPHA", gemm.scale != Scale::none)
        .number("HAS_C", gemm.c != DType::none)
        .number("ACCUMULATE", gemm.accumulate)
        .number("SWIGLU", paired)
        .define("BEFORE(x)", chain(gemm.epilogue.begin(), swiglu))
        .define("AFTER(x)", paired ? chain(swiglu + 1, gemm.epilogue.end()) : "x");
}

std::vector<KernelArg> gemm_arguments(const Gemm& gemm) {
    const bool bias = has_step(gemm, EpilogueStep::bias);
    const bool residual = has_step(gemm, EpilogueStep::residual);
    const bool c = gemm.c != DType::none;
    std::vector<KernelArg> args = {pointer(true, Gemm::a_arg),
                                   pointer(true, Gemm::b_arg),
                                   pointer(c, Gemm::c_arg),
                                   pointer(bias, Gemm::bias_arg),
                                   pointer(residual, Gemm::residual_arg),
                                   pointer(true, Gemm::d_arg),
                                   WorkspaceArg{}};
    for (const int dim : {Gemm::m_dim, Gemm::n_dim, Gemm::k_dim, Gemm::batch_dim})
        args.emplace_back(DimArg{dim});
    for (const auto& [present, operand] :
         {std::pair{true, Gemm::a_arg}, std::pair{true, Gemm::b_arg}, std::pair{c, Gemm::c_arg},
          std::pair{residual, Gemm::residual_arg}, std::pair{true, Gemm::d_arg}}) {
        args.push_back(stride(present, operand, 1));
        args.push_back(stride(present, operand, 0));
    }
    args.push_back(factor(gemm, gemm.scale != Scale::none, Gemm::alpha_arg));
    args.push_back(factor(gemm, gemm.scale == Scale::alpha_beta, Gemm::beta_arg));
    return args;
}

StaticDims gemm_static_dims() {
    const std::vector<std::int64_t> rows{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096};
    const std::vector<std::int64_t> extents{32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384};
    return {{},
            {{Gemm::m_dim, rows},
             {Gemm::n_dim, extents},
             {Gemm::k_dim, extents},
             {Gemm::batch_dim, {1, 4, 16, 64, 256}}}};
}

Extent gemm_blocks(std::int64_t bm, std::int64_t bn, std::int64_t split) {
    return {split, {{Gemm::m_dim, bm}, {Gemm::n_dim, bn}, {Gemm::batch_dim, 1}}};
}

void add_reduction(Program& program, const Gemm& gemm, std::int64_t split) {
    if (split == 1) return;
    const std::int64_t sum_bytes = bytes(sum_type(gemm), 1);
    program.workspace_bytes = {sum_bytes * split,
                               {{Gemm::batch_dim, 1}, {Gemm::m_dim, 1}, {Gemm::n_dim, 1}}};
    const std::int64_t columns = has_step(gemm, EpilogueStep::swiglu) ? 512 : 256;
    Step reduce;
    reduce.kernel = "gemm_reduce";
    reduce.grid[0] = {1, {{Gemm::n_dim, columns}, {Gemm::m_dim, 1}, {Gemm::batch_dim, 1}}};
    reduce.block = {256, 1, 1};
    reduce.args = gemm_arguments(gemm);
    program.modules[0].entries.emplace_back("gemm_reduce");
    program.steps.push_back(std::move(reduce));
}

} // namespace hone::cuda_family
