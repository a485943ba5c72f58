// Family "gemm_mma": gemm on the matrix units of NVIDIA GPUs by ldmatrix and mma.sync.
#pragma once

#include "cuda_family/host/target.hpp"
#include "hone/family.hpp"
#include "hone/gemm.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hone::gemm_mma {

[[nodiscard]] std::vector<Parameter> parameters(const Gemm& gemm,
                                                const cuda_family::Target& target);
// What must hold whatever the extents are.
[[nodiscard]] std::vector<Constraint> rules(const Gemm& gemm, const cuda_family::Target& target);
// Right for all extents; the same for all problems of the same types, layout and flags.
[[nodiscard]] Config shape_generic(const Gemm& gemm, const cuda_family::Target& target);
// First guesses for these extents, best first.
[[nodiscard]] std::vector<Config> first_guesses(const Gemm& gemm,
                                                const cuda_family::Target& target);

// What a block takes of an SM.
struct Footprint {
    std::int64_t threads = 0, shared_bytes = 0;
    std::int64_t registers = 0; // per thread, estimated
};
[[nodiscard]] Footprint footprint(const Gemm& gemm, const Config& config,
                                  const cuda_family::Target& target);

[[nodiscard]] Program emit(const Gemm& gemm, const Config& config,
                           const cuda_family::Target& target);

class GemmMma final : public KernelFamily {
  public:
    [[nodiscard]] std::string name() const override { return "gemm_mma"; }
    [[nodiscard]] int revision() const override { return 2; }
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

} // namespace hone::gemm_mma
