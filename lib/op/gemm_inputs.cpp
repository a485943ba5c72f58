#include "lib/op/convert.hpp"
#include "lib/op/gemm_operation.hpp"
#include "lib/op/values.hpp"

#include <algorithm>
#include <cmath>

namespace hone {

namespace {

// A dtype whose largest value a product of normal operands may exceed (fp8, f16) gets smaller
// operands: an output full of infinities would prove nothing.
ValuePlan operand_plan(const Gemm& gemm, Distribution distribution) {
    ValuePlan plan{.distribution = distribution};
    plan.spread = std::min(largest_spread(gemm.a), largest_spread(gemm.b));
    double limit = largest(gemm.d) / 4;
    // swiglu multiplies two such sums.
    if (has_step(gemm, EpilogueStep::swiglu)) limit = std::min(limit, std::sqrt(limit));
    if (is_floating(gemm.d)) keep_sums_below(limit, gemm.k, plan);
    return plan;
}

void set_scalar(const HostTensor& tensor, double value) {
    if (tensor.spec.present()) from_double(tensor.spec.dtype, tensor.data, 0, value);
}

} // namespace

void make_gemm_inputs(const Gemm& gemm, Distribution distribution, std::uint64_t seed,
                      std::span<const HostTensor> args) {
    const auto stream = [&](int arg) {
        return RandomStream(seed, static_cast<std::uint64_t>(arg));
    };
    ValuePlan plan = operand_plan(gemm, distribution);
    plan.pairing = Pairing::cancel;
    plan.axis = a_transposed(gemm.layout) ? 1 : 2;
    fill(args[Gemm::a_arg], plan, stream(Gemm::a_arg));
    plan.pairing = Pairing::repeat;
    plan.axis = b_transposed(gemm.layout) ? 2 : 1;
    plan.scale_down = 0; // one operand alone is made smaller
    fill(args[Gemm::b_arg], plan, stream(Gemm::b_arg));

    plan.pairing = Pairing::none;
    plan.spread = std::min(plan.spread, largest_spread(gemm.d));
    for (const int arg : {Gemm::c_arg, Gemm::bias_arg, Gemm::residual_arg}) {
        if (args[static_cast<std::size_t>(arg)].spec.present()) {
            fill(args[static_cast<std::size_t>(arg)], plan, stream(arg));
        }
    }
    if (gemm.accumulate) fill(args[Gemm::d_arg], plan, stream(Gemm::d_arg));
    if (has_quantized_b(gemm)) {
        // Dequantised weights have a deviation near 1, as floating ones have.
        fill_factors(args[Gemm::scale_b_arg], 0.75 / deviation(gemm.b), stream(Gemm::scale_b_arg));
    }
    const RandomStream factors = stream(Gemm::alpha_arg);
    const double sign = distribution == Distribution::same_sign ? 1 : -1;
    set_scalar(args[Gemm::alpha_arg], 0.5 + factors.uniform(0));
    set_scalar(args[Gemm::beta_arg], sign * (0.5 + factors.uniform(1)));
}

} // namespace hone
