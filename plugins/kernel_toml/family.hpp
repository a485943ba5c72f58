// A kernel that a kernel.toml describes, as a family.
#pragma once

#include "description.hpp"
#include "hone/family.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace hone::kernel_toml {

// Of the folder of a kernel.toml. When the file is wrong, the family is named after its folder and
// supports nothing, with what is wrong as the reason.
class DescribedKernel final : public KernelFamily {
  public:
    explicit DescribedKernel(const std::filesystem::path& file);

    [[nodiscard]] std::string name() const override { return description_.name; }
    [[nodiscard]] int revision() const override { return static_cast<int>(description_.revision); }
    [[nodiscard]] std::string operation() const override { return description_.operation->name(); }
    [[nodiscard]] std::string backend() const override { return description_.backend; }
    [[nodiscard]] Support supports(const Problem& problem,
                                   const DeviceModel& device) const override;
    [[nodiscard]] SearchSpace space(const Problem& problem,
                                    const DeviceModel& device) const override;
    [[nodiscard]] std::optional<Config> fallback(const Problem& problem,
                                                 const DeviceModel& device) const override;
    [[nodiscard]] StaticDims static_dims(const Problem& problem) const override;
    [[nodiscard]] Program emit(const Problem& problem, const Config& config,
                               const DeviceModel& device) const override;

  private:
    [[nodiscard]] KernelArg argument(const std::string& text,
                                     const std::vector<ArgSpec>& specs) const;

    Description description_;
    std::string refusal_; // what is wrong with the file
};

} // namespace hone::kernel_toml
