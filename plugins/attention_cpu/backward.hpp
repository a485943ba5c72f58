// Family "attention_backward_cpu": gradients of attention on CPUs, sums in f32, the same each time.
#pragma once

#include "hone/attention.hpp"
#include "hone/family.hpp"
#include "tuning.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hone::attention_cpu {

class AttentionBackwardCpu final : public KernelFamily {
  public:
    [[nodiscard]] std::string name() const override { return "attention_backward_cpu"; }
    [[nodiscard]] int revision() const override { return 2; }
    [[nodiscard]] std::string operation() const override { return "attention_backward"; }
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
};

} // namespace hone::attention_cpu
