#include "lib/measure/memory_need.hpp"

#include "lib/measure/operand_set.hpp"
#include "lib/worker/operand_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace hone {

namespace {

// Of the whole machine, or of the container where that is less (0: not known).
double free_bytes() {
    double bytes = 0;
    std::ifstream machine("/proc/meminfo");
    for (std::string word; machine >> word;)
        if (word == "MemAvailable:" && machine >> bytes) break;
    bytes *= 1024;

    double limit = 0, used = 0; // no numbers where there is no limit
    if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit)
        if (std::ifstream("/sys/fs/cgroup/memory.current") >> used)
            bytes = std::min(bytes, std::max(0.0, limit - used));
    return bytes;
}

} // namespace

std::optional<std::string> too_large(const Operation& operation, const Problem& problem) {
    // What the tool shares with its worker, and the worker's own copies.
    constexpr double copies = 2.0 * operand_sets.size();
    const double need = copies * static_cast<double>(operand_layout(operation.args(problem)).size);
    const double free = free_bytes();
    if (free == 0 || need <= free) return std::nullopt;
    constexpr double gib = 1 << 30;
    return fmt::format("its operands take {:.1f} GiB ({} sets, twice), and {:.1f} GiB of memory "
                       "are free",
                       need / gib, operand_sets.size(), free / gib);
}

} // namespace hone
