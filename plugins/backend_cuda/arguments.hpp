// The arguments of one launch, laid out as the driver wants them, without allocating.
#pragma once

#include "driver.hpp"
#include "hone/backend.hpp"
#include "hone/program.hpp"

#include <array>
#include <span>

namespace hone::cuda {

// Where arguments come from.
struct LaunchInputs {
    const Problem& problem;
    std::span<const Tensor> operands;
    std::span<void* const> prepared;
    void* workspace;
};

class ArgumentBlock final {
  public:
    static constexpr std::size_t most_arguments = 64;
    static constexpr std::size_t most_maps = 8;

    // What keeps a step from ever being launched; empty when it can be.
    [[nodiscard]] static std::string objection(const Step& step);

    // Status of the caller's mistakes; maps that the driver refuses show in `refused`.
    [[nodiscard]] Status bind(const Driver& driver, std::span<const KernelArg> args,
                              const LaunchInputs& inputs) noexcept;
    // One pointer per argument.
    [[nodiscard]] void** pointers() noexcept { return pointers_.data(); }
    [[nodiscard]] api::Result refused() const noexcept { return refused_; }

  private:
    struct Binder;

    std::array<void*, most_arguments> pointers_;
    std::array<std::uint64_t, most_arguments> values_;
    std::array<api::EncodedTensorMap, most_maps> maps_;
    std::size_t used_maps_ = 0;
    api::Result refused_ = api::Result::success;
};

} // namespace hone::cuda
