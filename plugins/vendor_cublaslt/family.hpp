// The family `cublaslt`: gemm by NVIDIA's library, over all that its heuristic proposes.
#pragma once

#include "cublaslt.hpp"
#include "hone/family.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace hone::cublaslt {

class CublasltGemm final : public KernelFamily {
  public:
    // `path` names cuBLASLt, empty: by its usual names; `entries`: the file of this plugin.
    CublasltGemm(std::string path, std::string entries)
        : path_(std::move(path)), entries_(std::move(entries)) {}

    [[nodiscard]] std::string name() const override { return "cublaslt"; }
    [[nodiscard]] int revision() const override { return 1; }
    [[nodiscard]] std::string operation() const override { return "gemm"; }
    [[nodiscard]] std::string backend() const override { return "cuda"; }
    [[nodiscard]] bool vendor() const override { return true; }
    [[nodiscard]] std::string library_version() const override;
    [[nodiscard]] Support supports(const Problem& problem,
                                   const DeviceModel& device) const override;
    // rank: which proposal, best first; math: f32 or tf32 for problems of f32.
    [[nodiscard]] SearchSpace space(const Problem& problem,
                                    const DeviceModel& device) const override;
    [[nodiscard]] std::optional<Config> fallback(const Problem& problem,
                                                 const DeviceModel& device) const override;
    [[nodiscard]] StaticDims static_dims(const Problem&) const override { return {}; }
    [[nodiscard]] Program emit(const Problem& problem, const Config& config,
                               const DeviceModel& device) const override;

  private:
    // Opened when somebody asks: it is large, and most commands do not.
    [[nodiscard]] const Library& library() const;

    std::string path_, entries_;
    mutable std::once_flag once_;
    mutable std::optional<Library> library_;
};

} // namespace hone::cublaslt
