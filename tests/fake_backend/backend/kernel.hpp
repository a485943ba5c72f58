// A program loaded into a context.
#pragma once

#include "bound_step.hpp"
#include "context.hpp"
#include "hone/backend.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace fake {

class Kernel final : public hone::Kernel {
  public:
    // `modules` in the order of Program::modules. Throws Fault, launch_failed, when a step names a
    // module or kernel that is not there.
    Kernel(std::shared_ptr<Context> context, hone::Program program,
           std::vector<ModuleText> modules);

    [[nodiscard]] std::size_t workspace_bytes(const hone::Problem& problem) const noexcept override;
    [[nodiscard]] hone::Status launch(const hone::Problem& problem,
                                      std::span<const hone::Tensor> operands,
                                      std::span<void* const> prepared, void* workspace,
                                      hone::Stream stream) const noexcept override;
    [[nodiscard]] hone::Status prepare(int index, const hone::Problem& problem,
                                       std::span<const hone::Tensor> operands, void* out,
                                       hone::Stream stream) const noexcept override;

    // What launch refuses, with its reason.
    [[nodiscard]] std::optional<Fault> queue(const LaunchInputs& inputs, hone::Stream stream) const;
    // By the virtual clock: what its kernels say they take.
    [[nodiscard]] std::int64_t picoseconds(std::uint64_t sample) const noexcept;

  private:
    void bind_zero_init(const LaunchInputs& inputs, std::vector<Context::Work>& work) const;
    void bind_steps(std::span<const hone::Step> steps, const LaunchInputs& inputs,
                    std::vector<Context::Work>& work) const;
    [[nodiscard]] const KernelText& text(const hone::Step& step) const;

    std::shared_ptr<Context> context_;
    hone::Program program_;
    std::vector<ModuleText> modules_;
    mutable std::atomic<std::int64_t> launches_ = 0;
};

} // namespace fake
