#include "lib/base/saturating.hpp"
#include "lib/op/gemm_operation.hpp"
#include "lib/op/tensor.hpp"

namespace hone {

namespace {

// The smallest leading dimension above `columns` whose byte size has exactly the class's power of
// two as a factor (128 means at least 128), as far as elements of this size can.
std::int64_t strided_leading(DType dtype, std::int64_t columns, std::int64_t alignment_bytes) {
    const std::int64_t alignment_bits = alignment_bytes * 8;
    const std::int64_t step = std::max<std::int64_t>(1, alignment_bits / bits(dtype));
    std::int64_t leading = (columns / step + 1) * step;
    const bool finer_than_class = alignment_bits < bits(dtype);
    if (!finer_than_class && alignment_bytes < 128 && leading / step % 2 == 0) leading += step;
    return leading;
}

ArgSpec matrix(const Gemm& gemm, const char* name, Role role, DType dtype, std::int64_t rows,
               std::int64_t columns) {
    if (dtype == DType::none) return absent_tensor(name, role);
    ArgSpec spec = packed_tensor(name, role, dtype, {gemm.batch, rows, columns});
    if (gemm.leading.strided) {
        spec.strides[1] = strided_leading(dtype, columns, gemm.leading.alignment_bytes);
        spec.strides[0] = rows * spec.strides[1];
    }
    return spec;
}

} // namespace

std::vector<ArgSpec> gemm_args(const Gemm& gemm) {
    const bool ta = a_transposed(gemm.layout), tb = b_transposed(gemm.layout);
    const bool prepared = has_quantized_b(gemm) || !gemm.b_layout.empty();
    const DType factor = gemm.a == DType::f64 ? DType::f64 : DType::f32;
    const std::int64_t columns = gemm.d_columns();

    std::vector<ArgSpec> args(Gemm::d_arg + 1);
    args[Gemm::a_arg] =
        matrix(gemm, "a", Role::in, gemm.a, ta ? gemm.k : gemm.m, ta ? gemm.m : gemm.k);
    args[Gemm::b_arg] = matrix(gemm, "b", prepared ? Role::constant : Role::in, gemm.b,
                               tb ? gemm.n : gemm.k, tb ? gemm.k : gemm.n);
    args[Gemm::a_arg].factor = args[Gemm::b_arg].factor = true;
    args[Gemm::c_arg] = matrix(gemm, "c", Role::in, gemm.c, gemm.m, gemm.n);
    args[Gemm::bias_arg] = has_step(gemm, EpilogueStep::bias)
                               ? packed_tensor("bias", Role::in, gemm.d, {gemm.n})
                               : absent_tensor("bias");
    args[Gemm::residual_arg] =
        matrix(gemm, "residual", Role::in,
               has_step(gemm, EpilogueStep::residual) ? gemm.d : DType::none, gemm.m, columns);
    args[Gemm::alpha_arg] =
        gemm.scale == Scale::none ? absent_tensor("alpha") : scalar("alpha", factor);
    args[Gemm::beta_arg] =
        gemm.scale == Scale::alpha_beta ? scalar("beta", factor) : absent_tensor("beta");
    if (has_quantized_b(gemm)) {
        const bool half = gemm.a == DType::f16 || gemm.a == DType::bf16;
        const std::int64_t groups = gemm.group == 0 ? 1 : gemm.k / gemm.group;
        args[Gemm::scale_b_arg] = packed_tensor(
            "scale_b", Role::constant, half ? gemm.a : DType::f32, {gemm.batch, groups, gemm.n});
    } else {
        args[Gemm::scale_b_arg] = absent_tensor("scale_b", Role::constant);
    }
    args[Gemm::d_arg] =
        matrix(gemm, "d", gemm.accumulate ? Role::inout : Role::out, gemm.d, gemm.m, columns);
    return args;
}

} // namespace hone
