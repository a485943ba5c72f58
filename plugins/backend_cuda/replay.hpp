// Launches of one program, queued once as a graph and timed as often as wanted.
#pragma once

#include "context.hpp"
#include "gate.hpp"
#include "kernel.hpp"
#include "nvml.hpp"

#include <cstdint>
#include <optional>

namespace hone::cuda {

class Replay final {
  public:
    // `launch` outlives it. The stream is idle.
    Replay(const Context& context, api::Stream stream, const Launch& launch, const Policy& policy);
    ~Replay();
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;

    // Runs it for about `nanoseconds`, at least once, so that clocks are up. False when it fails.
    [[nodiscard]] bool warm_up(std::int64_t nanoseconds);
    // Mean of one launch by the device's clock, in picoseconds; nothing when it fails.
    [[nodiscard]] std::optional<std::int64_t> time(Gate& gate);
    // Mean of one launch, in microjoules, over launches that take `nanoseconds` together; nothing
    // where the card does not count energy. The counter moves every few tens of milliseconds, and
    // what the card takes between launches counts too.
    [[nodiscard]] std::optional<std::int64_t> energy(const Nvml::Card& card,
                                                     std::int64_t nanoseconds);

  private:
    [[nodiscard]] bool launch_once(std::size_t which) const noexcept;
    [[nodiscard]] bool enqueue() const noexcept; // all launches of one sample
    void capture();
    [[nodiscard]] bool restore() const noexcept;
    [[nodiscard]] std::optional<double> timed_nanoseconds(Gate& gate);
    void plan(double one_nanoseconds, const Policy& policy);

    const Driver& driver_;
    api::Stream stream_;
    const Launch& launch_;
    const CudaKernel* kernel_;
    std::size_t sets_;
    std::size_t count_ = 1; // launches in one sample
    api::Event begin_ = nullptr, end_ = nullptr;
    api::GraphExec graph_ = nullptr; // null: launched one by one
    bool usable_ = true;
};

} // namespace hone::cuda
