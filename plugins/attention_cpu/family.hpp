// Family "attention_cpu": fused attention on CPUs, sums in f32.
#pragma once

#include "hone/attention.hpp"
#include "hone/family.hpp"
#include "tuning.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hone::attention_cpu {

// The parameters and what must hold between them.
[[nodiscard]] SearchSpace space(const Attention& attention, const Machine& machine);

// Those of the backward pass.
[[nodiscard]] SearchSpace backward_space(const Attention& attention, const Machine& machine);

// Why a kernel cannot be made with this tuning, whatever the problem's extents; empty when it can.
[[nodiscard]] std::string objection(const Attention& attention, const Tuning& tuning,
                                    const Machine& machine);

// Right for all extents, within a small factor of the best for most. The same for all problems of
// the same type, layout and flags.
[[nodiscard]] Tuning shape_generic(const Attention& attention, const Machine& machine);

// The second kernel of the generic choice: it takes over where queries of a sequence times heads
// that share a key head are at most `most_rows`.
struct FewRows {
    Tuning tuning;
    std::int64_t most_rows = 0;
};
[[nodiscard]] FewRows few_rows(const Attention& attention, const Machine& machine);

// Good first guesses for these extents, best first.
[[nodiscard]] std::vector<Tuning> first_guesses(const Attention& attention, const Machine& machine);

[[nodiscard]] Program emit(const Attention& attention, const Tuning& tuning,
                           const Machine& machine);

class AttentionCpu final : public KernelFamily {
  public:
    [[nodiscard]] std::string name() const override { return "attention_cpu"; }
    [[nodiscard]] int revision() const override { return 2; }
    [[nodiscard]] std::string operation() const override { return "attention"; }
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

} // namespace hone::attention_cpu
