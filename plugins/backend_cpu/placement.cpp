#include "placement.hpp"

#include "kernel.hpp"

namespace hone::cpu {

Placement::Placement(int cpu) noexcept {
    if (cpu < 0 || sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    placed_ = sched_setaffinity(0, sizeof set, &set) == 0;
}

Placement::~Placement() {
    if (placed_) sched_setaffinity(0, sizeof before_, &before_);
}

bool may_be_placed(const Launch& launch) noexcept {
    const auto* kernel = dynamic_cast<const CpuKernel*>(launch.kernel);
    return kernel && !kernel->foreign();
}

} // namespace hone::cpu
