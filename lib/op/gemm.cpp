#include "hone/gemm.hpp"

#include "hone/error.hpp"
#include "lib/op/gemm_operation.hpp"
#include "lib/op/steps.hpp"
#include "lib/op/tensor.hpp"

namespace hone {

namespace {

// A problem may come from anywhere; what it holds is checked before it becomes an enumerator.
template <typename Enum> Enum choice(std::int64_t value, Enum last, const char* key) {
    if (value >= 0 && value <= static_cast<std::int64_t>(last)) return static_cast<Enum>(value);
    throw Error(Errc::workload,
                "gemm has no " + std::string(key) + " number " + std::to_string(value));
}

class GemmOperation final : public Operation {
  public:
    [[nodiscard]] const Schema& schema() const noexcept override { return gemm_schema(); }

    void validate(const Problem& problem) const override { (void)Gemm::from(problem); }

    [[nodiscard]] std::vector<ArgSpec> args(const Problem& problem) const override {
        return gemm_args(Gemm::from(problem));
    }

    void make_inputs(const Problem& problem, Distribution distribution, std::uint64_t seed,
                     std::span<const HostTensor> args) const override {
        make_gemm_inputs(Gemm::from(problem), distribution, seed, args);
    }

    [[nodiscard]] std::vector<ReferenceRows> reference(const Problem& problem,
                                                       std::span<const HostTensor> args,
                                                       const RowSelection& selection,
                                                       Arithmetic arithmetic) const override {
        return {gemm_reference(Gemm::from(problem), args, selection, arithmetic)};
    }

    [[nodiscard]] std::optional<double> probe(const Problem& problem,
                                              std::span<const HostTensor> args,
                                              std::span<const HostTensor> outputs,
                                              std::uint64_t seed) const override {
        return probe_gemm(Gemm::from(problem), args, outputs.front(), seed);
    }

    [[nodiscard]] Work work(const Problem& problem) const override {
        const Gemm gemm = Gemm::from(problem);
        return {2.0 * static_cast<double>(gemm.m) * static_cast<double>(gemm.n) *
                    static_cast<double>(gemm.k) * static_cast<double>(gemm.batch),
                traffic_bytes(gemm_args(gemm))};
    }

    [[nodiscard]] std::int64_t accumulation_length(const Problem& problem) const override {
        return Gemm::from(problem).k;
    }

    [[nodiscard]] Problem proxy(const Problem& problem,
                                std::span<const Tile> tiles) const override {
        return gemm_proxy(Gemm::from(problem), tiles).problem();
    }
};

} // namespace

std::int64_t Gemm::d_columns() const noexcept {
    return has_step(*this, EpilogueStep::swiglu) ? n / 2 : n;
}

Gemm Gemm::from(const Problem& problem) {
    if (problem.operation.view() != "gemm") {
        throw Error(Errc::workload, "expected a gemm problem, got \"" +
                                        std::string(problem.operation.view()) + "\"");
    }
    Gemm gemm;
    gemm.m = problem.dims[m_dim];
    gemm.n = problem.dims[n_dim];
    gemm.k = problem.dims[k_dim];
    gemm.batch = problem.dims[batch_dim];
    gemm.a = problem.dtypes[gemm_a];
    gemm.b = problem.dtypes[gemm_b];
    gemm.c = problem.dtypes[gemm_c];
    gemm.d = problem.dtypes[gemm_d];
    gemm.layout = choice(problem.attributes[gemm_layout], Layout::tt, "layout");
    gemm.scale = choice(problem.attributes[gemm_scale], Scale::alpha_beta, "scale");
    gemm.leading = {problem.attributes[gemm_leading] != 0, problem.attributes[gemm_alignment]};
    gemm.epilogue = unpack_steps<EpilogueStep>(problem.attributes[gemm_epilogue]);
    gemm.accumulate = problem.attributes[gemm_accumulate] != 0;
    gemm.group = problem.attributes[gemm_group];
    gemm.b_layout = problem.names[0].view();
    validate_gemm(gemm);
    return gemm;
}

Problem Gemm::problem() const {
    validate_gemm(*this);
    Problem problem;
    problem.operation = Name("gemm");
    problem.dims[m_dim] = m;
    problem.dims[n_dim] = n;
    problem.dims[k_dim] = k;
    problem.dims[batch_dim] = batch;
    problem.dtypes[gemm_a] = a;
    problem.dtypes[gemm_b] = b;
    problem.dtypes[gemm_c] = c;
    problem.dtypes[gemm_d] = d;
    problem.attributes[gemm_layout] = static_cast<std::int64_t>(layout);
    problem.attributes[gemm_scale] = static_cast<std::int64_t>(scale);
    problem.attributes[gemm_leading] = leading.strided ? 1 : 0;
    problem.attributes[gemm_alignment] = leading.alignment_bytes;
    problem.attributes[gemm_epilogue] = pack_steps(epilogue);
    problem.attributes[gemm_accumulate] = accumulate ? 1 : 0;
    problem.attributes[gemm_group] = group;
    problem.names[0] = Name(b_layout);
    return problem;
}

const Operation& gemm_operation() {
    static const GemmOperation operation;
    return operation;
}

} // namespace hone
