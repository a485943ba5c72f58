// Family "attention_mma": attention forward on the matrix units of NVIDIA GPUs, from prefill to
// decode with split, paged keys.
#pragma once

#include "hone/family.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hone::attention_mma {

class AttentionForward final : public KernelFamily {
  public:
    [[nodiscard]] std::string name() const override { return "attention_mma"; }
    [[nodiscard]] int revision() const override { return 2; }
    [[nodiscard]] std::string operation() const override { return "attention"; }
    [[nodiscard]] std::string backend() const override { return "cuda"; }
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

} // namespace hone::attention_mma
