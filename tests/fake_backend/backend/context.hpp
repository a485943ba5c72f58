// The one context that a process has on the fake device: its memory, its queued work, and the fault
// that ended it.
#pragma once

#include "device_memory.hpp"
#include "hone/backend.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace fake {

// Safe to use from several threads. Does not survive fork: in any process but the one that made it,
// every call is refused.
class Context {
  public:
    Context();

    // What makes every call fail from now on, or nothing.
    [[nodiscard]] std::optional<Fault> fault() const;
    // Throws Error(device_lost) when there is a fault.
    void require_usable() const;

    // Work throws Fault. Nothing is run before the queue is drained.
    using Work = std::function<void(DeviceMemory&)>;
    void queue(void* stream, Work work);
    // Runs what is queued and reports the first fault since the last report, or the sticky one.
    [[nodiscard]] hone::RunReport synchronize();
    // Runs what is queued, then `access`, as copies on the default stream do. Throws
    // Error(device_lost) after a sticky fault.
    void access(const std::function<void(DeviceMemory&)>& access);

    // As above without running anything first: taking and giving back memory.
    [[nodiscard]] std::uint64_t allocate(std::size_t bytes);
    void release(std::uint64_t address) noexcept;

  private:
    struct Queued {
        void* stream = nullptr;
        Work work;
    };

    void drain();
    [[nodiscard]] std::vector<Queued> take_in_order();

    const pid_t owner_;
    mutable std::mutex mutex_;
    DeviceMemory memory_;
    std::vector<Queued> queue_;
    std::optional<Fault> sticky_;
    std::optional<Fault> passing_; // not yet reported
};

[[nodiscard]] hone::RunReport report(const Fault& fault);

} // namespace fake
