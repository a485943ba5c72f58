// Family "gemm_w4a16": 16-bit activations times 4-bit weights with scales, on the matrix units of
// NVIDIA GPUs.
#pragma once

#include "hone/family.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hone::gemm_w4a16 {

class GemmW4A16 final : public KernelFamily {
  public:
    [[nodiscard]] std::string name() const override { return "gemm_w4a16"; }
    [[nodiscard]] int revision() const override { return 1; }
    [[nodiscard]] std::string operation() const override { return "gemm"; }
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

} // namespace hone::gemm_w4a16
