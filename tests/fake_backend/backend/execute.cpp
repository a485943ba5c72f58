#include "execute.hpp"

#include "gemm.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <signal.h>
#include <thread>
#include <unistd.h>

namespace fake {
namespace {

[[noreturn]] void die() {
    ::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
    ::_exit(1);
}

[[noreturn]] void hang() {
    for (;;) ::pause();
}

void copy(const BoundStep& step, DeviceMemory& memory) {
    const auto size = static_cast<std::size_t>(step.integer("bytes"));
    const std::uint64_t from = step.address("src");
    const std::uint64_t to = step.address("dst");
    std::memmove(memory.reach(to).at(to, size), memory.reach(from).at(from, size), size);
}

// The behaviours that show in the result, once the result is there.
void spoil(const BoundStep& step, DeviceMemory& memory) {
    const Behaviour behaviour = step.kernel.behaviour;
    if (behaviour == Behaviour::oob) {
        const std::uint64_t end = memory.end_of(step.address("d"));
        std::memset(memory.reach(end).at(end, 4), 0, 4);
    }
    if (behaviour != Behaviour::wrong && behaviour != Behaviour::nan) return;
    const std::uint64_t element = gemm_element(step);
    std::byte* bytes = memory.reach(element).at(element, sizeof(float));
    float value = 0;
    std::memcpy(&value, bytes, sizeof value);
    value =
        behaviour == Behaviour::nan ? std::numeric_limits<float>::quiet_NaN() : 2 * value + 1000;
    std::memcpy(bytes, &value, sizeof value);
}

} // namespace

void execute(const BoundStep& step, DeviceMemory& memory) {
    std::this_thread::sleep_for(std::chrono::microseconds(step.kernel.slow_us));
    switch (step.kernel.behaviour) {
    case Behaviour::crash:
        die();
    case Behaviour::hang:
        hang();
    case Behaviour::illegal_access:
        (void)memory.reach(0xdead000).at(0xdead000, 4);
        break;
    case Behaviour::assertion:
        throw Fault{hone::Outcome::crash, "device-side assertion failed", true};
    case Behaviour::oom:
        throw Fault{hone::Outcome::out_of_memory, "out of memory at launch", false};
    default:
        break;
    }
    switch (step.kernel.compute) {
    case Compute::none:
        return;
    case Compute::copy:
        copy(step, memory);
        return;
    case Compute::gemm:
        gemm(step, memory);
        spoil(step, memory);
        return;
    }
}

} // namespace fake
