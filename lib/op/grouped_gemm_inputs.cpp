#include "lib/op/convert.hpp"
#include "lib/op/grouped_gemm_operation.hpp"
#include "lib/op/tensor.hpp"
#include "lib/op/values.hpp"

#include <algorithm>
#include <limits>

namespace hone {

namespace {

void fill_indices(const GroupedGemm& gemm, const HostTensor& tensor) {
    const std::vector<std::int64_t> sizes = group_sizes(gemm);
    const std::vector<std::int64_t> values =
        gemm.mode == GroupMode::masked ? sizes : offsets_of(sizes);
    std::transform(values.begin(), values.end(), static_cast<std::int32_t*>(tensor.data),
                   [](std::int64_t value) { return static_cast<std::int32_t>(value); });
}

// Rows that no group has hold nothing: NaN shows whose results they reach.
void poison_unused_rows(const GroupedGemm& gemm, const HostTensor& a) {
    const std::vector<std::int64_t> sizes = group_sizes(gemm);
    const std::vector<double> nothing(static_cast<std::size_t>(gemm.k),
                                      std::numeric_limits<double>::quiet_NaN());
    for (std::int64_t group = 0; group < gemm.groups; ++group) {
        for (std::int64_t i = sizes[static_cast<std::size_t>(group)]; i < a.spec.shape[1]; ++i) {
            store_run(a.spec.dtype, a.data, group * a.spec.strides[0] + i * a.spec.strides[1], 1,
                      gemm.k, nothing.data());
        }
    }
}

} // namespace

void make_grouped_gemm_inputs(const GroupedGemm& gemm, Distribution distribution,
                              std::uint64_t seed, std::span<const HostTensor> args) {
    const auto stream = [&](int arg) {
        return RandomStream(seed, static_cast<std::uint64_t>(arg));
    };
    std::int64_t terms = gemm.k;
    if (gemm.mode == GroupMode::k_grouped) {
        const std::vector<std::int64_t> sizes = group_sizes(gemm);
        terms = std::max<std::int64_t>(1, *std::max_element(sizes.begin(), sizes.end()));
    }
    ValuePlan plan{.distribution = distribution};
    plan.spread = std::min(largest_spread(gemm.a), largest_spread(gemm.b));
    keep_sums_below(largest(gemm.d) / 16, terms, plan); // scales are below 2, each
    plan.pairing = Pairing::cancel;
    plan.axis = a_transposed(gemm.layout) ? 1 : 2;
    fill(args[GroupedGemm::a_arg], plan, stream(GroupedGemm::a_arg));
    plan.pairing = Pairing::repeat;
    plan.axis = b_transposed(gemm.layout) ? 2 : 1;
    plan.scale_down = 0; // one operand alone is made smaller
    fill(args[GroupedGemm::b_arg], plan, stream(GroupedGemm::b_arg));
    for (const int arg : {GroupedGemm::scale_a_arg, GroupedGemm::scale_b_arg}) {
        const HostTensor& scale = args[static_cast<std::size_t>(arg)];
        if (scale.spec.present()) fill_factors(scale, 0.75, stream(arg));
    }
    fill_indices(gemm, args[GroupedGemm::sizes_arg]);
    if (gemm.mode == GroupMode::masked) poison_unused_rows(gemm, args[GroupedGemm::a_arg]);
}

} // namespace hone
