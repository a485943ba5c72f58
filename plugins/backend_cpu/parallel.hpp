// Whose threads a session uses.
#pragma once

#include "hone/backend.hpp"
#include "kernel.hpp"

#include <memory>
#include <vector>

namespace hone::cpu {

// Threads of the session's own, one per place with the caller's. They are started by the first
// launch that needs them and again in a forked child, which has inherited none.
[[nodiscard]] std::shared_ptr<Parallel> own_threads(std::vector<int> places);

// The host's, for kernels of at most `most` items.
[[nodiscard]] std::shared_ptr<Parallel> host_threads(ParallelRun host, int most);

} // namespace hone::cpu
