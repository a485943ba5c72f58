// Family "gemm_cpu": gemm on CPUs in f32 arithmetic.
#pragma once

#include "hone/family.hpp"
#include "hone/gemm.hpp"
#include "tuning.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hone::gemm_cpu {

// The parameters and what must hold between them.
[[nodiscard]] SearchSpace space(const Gemm& gemm, const Machine& machine);

// Why a kernel cannot be made with this tuning, whatever the problem's extents; empty when it can.
[[nodiscard]] std::string objection(const Gemm& gemm, const Tuning& tuning, const Machine& machine);

// Right for all extents, within a small factor of the best for most. The same for all problems of
// the same types, layout and flags.
[[nodiscard]] Tuning shape_generic(const Gemm& gemm, const Machine& machine);

// The second kernel of the generic choice: it takes over where there are at most `most_rows`.
struct FewRows {
    Tuning tuning;
    std::int64_t most_rows = 0;
};
[[nodiscard]] std::optional<FewRows> few_rows(const Gemm& gemm, const Machine& machine);

// Good first guesses for these extents, best first.
[[nodiscard]] std::vector<Tuning> first_guesses(const Gemm& gemm, const Machine& machine);

[[nodiscard]] Program emit(const Gemm& gemm, const Tuning& tuning, const Machine& machine);

class GemmCpu final : public KernelFamily {
  public:
    [[nodiscard]] std::string name() const override { return "gemm_cpu"; }
    [[nodiscard]] int revision() const override { return 6; }
    [[nodiscard]] std::string operation() const override { return "gemm"; }
    [[nodiscard]] std::string backend() const override { return "cpu"; }
    [[nodiscard]] Support supports(const Problem& problem,
                                   const DeviceModel& device) const override;
    [[nodiscard]] SearchSpace space(const Problem& problem,
                                    const DeviceModel& device) const override;
    [[nodiscard]] std::optional<Config> fallback(const Problem& problem,
                                                 const DeviceModel& device) const override;
    [[nodiscard]] std::vector<Config> seeds(const Problem& problem,
                                            const DeviceModel& device) const override;
    [[nodiscard]] StaticDims static_dims(const Problem& problem) const override;
    [[nodiscard]] Program emit(const Problem& problem, const Config& config,
                               const DeviceModel& device) const override;
    [[nodiscard]] std::vector<std::pair<std::string, double>>
    features(const Problem& problem, const Config& config,
             const DeviceModel& device) const override;
};

} // namespace hone::gemm_cpu
