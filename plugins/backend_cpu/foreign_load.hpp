// How much CPU time others took from this process.
#pragma once

#include <cstdint>
#include <vector>

namespace hone::cpu {

// Adds up how long threads of this process were ready to run and did not: the scheduler's own
// count, per thread, in /proc. Threads that appear later are not seen. One thread at a time.
class ForeignLoad final {
  public:
    ForeignLoad();
    ~ForeignLoad();
    ForeignLoad(const ForeignLoad&) = delete;
    ForeignLoad& operator=(const ForeignLoad&) = delete;

    // Nanoseconds lost so far. Only differences mean something. Where the kernel keeps no such
    // count: a time slice for each time a thread was forced off its CPU.
    [[nodiscard]] std::int64_t lost_ns() const noexcept;

  private:
    std::vector<int> files_;
};

} // namespace hone::cpu
