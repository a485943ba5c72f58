// Points in time that waits end at.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>

namespace hone {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

// `seconds` from now; anything above a year counts as a year.
[[nodiscard]] inline Deadline after(double seconds) {
    const double bounded = std::clamp(seconds, 0.0, 3.0e7);
    return Clock::now() +
           std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(bounded));
}

[[nodiscard]] inline double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// For poll(): rounded up, so that a wait never ends just before its deadline.
[[nodiscard]] inline int poll_timeout_ms(Deadline deadline) {
    const double left = std::chrono::duration<double, std::milli>(deadline - Clock::now()).count();
    return static_cast<int>(std::clamp(std::ceil(left), 0.0, 3600e3));
}

} // namespace hone
