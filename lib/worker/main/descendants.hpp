// The processes a worker is responsible for.
#pragma once

#include <sys/types.h>

namespace hone::worker {

// Kills and reaps every child, and every process that comes to be one as its parent dies: the
// worker adopts what candidates leave behind, in whatever group or session they hide. Gives up on
// what does not die within a second. Async-signal-safe.
void end_children() noexcept;

// The same, and the status of `child`, killed with its group if it has not ended.
[[nodiscard]] int end_child(pid_t child) noexcept;

} // namespace hone::worker
