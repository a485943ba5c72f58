#include "hone/grouped_gemm.hpp"

#include "hone/error.hpp"
#include "lib/op/grouped_gemm_operation.hpp"
#include "lib/op/tensor.hpp"

#include <algorithm>

namespace hone {

namespace {

class GroupedGemmOperation final : public Operation {
  public:
    [[nodiscard]] const Schema& schema() const noexcept override { return grouped_gemm_schema(); }

    void validate(const Problem& problem) const override { (void)GroupedGemm::from(problem); }

    [[nodiscard]] std::vector<ArgSpec> args(const Problem& problem) const override {
        return grouped_gemm_args(GroupedGemm::from(problem));
    }

    void make_inputs(const Problem& problem, Distribution distribution, std::uint64_t seed,
                     std::span<const HostTensor> args) const override {
        make_grouped_gemm_inputs(GroupedGemm::from(problem), distribution, seed, args);
    }

    // Rows of a masked D that no group has are left out, also when they are selected.
    [[nodiscard]] std::vector<ReferenceRows> reference(const Problem& problem,
                                                       std::span<const HostTensor> args,
                                                       const RowSelection& selection,
                                                       Arithmetic arithmetic) const override {
        return {grouped_gemm_reference(GroupedGemm::from(problem), args, selection, arithmetic)};
    }

    // Room that no group uses is neither computed nor moved.
    [[nodiscard]] Work work(const Problem& problem) const override {
        const GroupedGemm gemm = GroupedGemm::from(problem);
        const auto groups = static_cast<double>(gemm.groups), m = static_cast<double>(gemm.m),
                   n = static_cast<double>(gemm.n), k = static_cast<double>(gemm.k);
        double moved = traffic_bytes(grouped_gemm_args(gemm));
        if (gemm.mode == GroupMode::masked) {
            const std::vector<std::int64_t> sizes = group_sizes(gemm);
            const auto room =
                groups * static_cast<double>(*std::max_element(sizes.begin(), sizes.end()));
            moved -= (room - groups * m) * (k * bits(gemm.a) + n * bits(gemm.d)) / 8;
        }
        return {2 * groups * m * n * k, moved};
    }

    [[nodiscard]] std::int64_t accumulation_length(const Problem& problem) const override {
        const GroupedGemm gemm = GroupedGemm::from(problem);
        if (gemm.mode != GroupMode::k_grouped) return gemm.k;
        const std::vector<std::int64_t> sizes = group_sizes(gemm);
        return std::max<std::int64_t>(1, *std::max_element(sizes.begin(), sizes.end()));
    }

    [[nodiscard]] Problem proxy(const Problem& problem,
                                std::span<const Tile> tiles) const override {
        return grouped_gemm_proxy(GroupedGemm::from(problem), tiles).problem();
    }
};

} // namespace

GroupedGemm GroupedGemm::from(const Problem& problem) {
    if (problem.operation.view() != "grouped_gemm") {
        throw Error(Errc::workload, "expected a grouped_gemm problem, got \"" +
                                        std::string(problem.operation.view()) + "\"");
    }
    const std::int64_t mode = problem.attributes[grouped_mode];
    const std::int64_t layout = problem.attributes[grouped_layout];
    if (mode < 0 || mode > static_cast<std::int64_t>(GroupMode::k_grouped) || layout < 0 ||
        layout > static_cast<std::int64_t>(Layout::tt)) {
        throw Error(Errc::workload, "grouped_gemm has no such mode or layout");
    }
    GroupedGemm gemm;
    gemm.mode = static_cast<GroupMode>(mode);
    gemm.layout = static_cast<Layout>(layout);
    gemm.groups = problem.dims[groups_dim];
    gemm.m = problem.dims[m_dim];
    gemm.n = problem.dims[n_dim];
    gemm.k = problem.dims[k_dim];
    gemm.a = problem.dtypes[grouped_a];
    gemm.b = problem.dtypes[grouped_b];
    gemm.d = problem.dtypes[grouped_d];
    gemm.scales = problem.names[0].empty() ? "none" : std::string(problem.names[0].view());
    gemm.routing = lengths_from(problem, routing_slots, false);
    validate_grouped_gemm(gemm);
    return gemm;
}

Problem GroupedGemm::problem() const {
    validate_grouped_gemm(*this);
    Problem problem;
    problem.operation = Name("grouped_gemm");
    problem.dims[groups_dim] = groups;
    problem.dims[m_dim] = m;
    problem.dims[n_dim] = n;
    problem.dims[k_dim] = k;
    problem.dtypes[grouped_a] = a;
    problem.dtypes[grouped_b] = b;
    problem.dtypes[grouped_d] = d;
    problem.attributes[grouped_mode] = static_cast<std::int64_t>(mode);
    problem.attributes[grouped_layout] = static_cast<std::int64_t>(layout);
    if (scales != "none") problem.names[0] = Name(scales);
    store_lengths(routing, routing_slots, false, problem);
    return problem;
}

const Operation& grouped_gemm_operation() {
    static const GroupedGemmOperation operation;
    return operation;
}

} // namespace hone
