// What a worker does to itself before it runs anybody's code.
#pragma once

#include <cstdint>

namespace hone::worker {

// No core dumps, first to go when the system runs out of memory, end with the process that started
// it, adopt and end what candidates leave behind. Returns false when that process is gone already.
[[nodiscard]] bool prepare_process();

// Limits private writable memory to `bytes` above what is in use now; 0: no limit. Not under
// sanitizers, whose own memory would count.
void limit_memory(std::int64_t bytes);

} // namespace hone::worker
