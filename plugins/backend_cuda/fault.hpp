// What a result of the driver means for a candidate and for the session.
#pragma once

#include "driver.hpp"
#include "hone/backend.hpp"

#include <string>
#include <string_view>

namespace hone::cuda {

// Whether every later call in the context will fail the same way.
[[nodiscard]] bool is_sticky(api::Result result) noexcept;
// Whether the device, not the candidate, is at fault: it fell off the bus, or its memory is bad.
[[nodiscard]] bool is_lost(api::Result result) noexcept;
[[nodiscard]] Outcome outcome_of(api::Result result) noexcept;

// `what` says what was being done. Throws Error(device_lost) when is_lost.
[[nodiscard]] RunReport report(const Driver& driver, api::Result result, std::string_view what);
// The Error that a lost device is told by.
[[nodiscard]] Error device_lost(const Driver& driver, api::Result result);

} // namespace hone::cuda
