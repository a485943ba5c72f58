// Keeps the calling thread on one CPU for a while.
#pragma once

#include "hone/backend.hpp"

#include <sched.h>

namespace hone::cpu {

class Placement final {
  public:
    explicit Placement(int cpu) noexcept; // negative: changes nothing
    ~Placement();
    Placement(const Placement&) = delete;
    Placement& operator=(const Placement&) = delete;

  private:
    cpu_set_t before_;
    bool placed_ = false;
};

// False for a program with library code: threads that a library starts inherit the caller's place,
// and would then all share it.
[[nodiscard]] bool may_be_placed(const Launch& launch) noexcept;

} // namespace hone::cpu
