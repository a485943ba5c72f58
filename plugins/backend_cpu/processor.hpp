// The processor this process runs on, described without starting any thread and without LLVM.
#pragma once

#include "hone/device.hpp"

#include <string_view>
#include <vector>

namespace hone::cpu {

struct Processor {
    DeviceModel model; // cores and l3_bytes are those of all default threads
    // Logical CPUs this process may use, best first: one per core, then the siblings.
    std::vector<int> places;
    int default_threads = 1; // one per core, fewer under a container's quota
};

// Takes about 2 ms.
[[nodiscard]] Processor this_processor();

// "2" in cpu:2; empty for the default. Throws Error(unavailable) for more threads than there are
// CPUs to put them on, or for text that is no count.
[[nodiscard]] int thread_count(const Processor& processor, std::string_view spec);

} // namespace hone::cpu
