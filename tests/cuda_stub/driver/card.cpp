#include "tests/cuda_stub/driver/card.hpp"

#include <chrono>
#include <thread>
#include <unistd.h>
#include <utility>

namespace cuda_stub {

Card& card() {
    static Card* const only = new Card; // outlives whatever is destroyed late
    return *only;
}

void Card::queue(api::Stream stream, std::function<void()> work) {
    if (stream->capture) {
        stream->capture->work.push_back(std::move(work));
    } else {
        work();
    }
}

Result Card::synchronize() {
    while (hangs) ::pause();
    // Somebody who waits before opening the gate waits for ever.
    for (const HeldBack& each : held_back)
        while (*each.memory < each.value) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    held_back.clear();
    if (sticky != Result::success) return sticky;
    return std::exchange(pending, Result::success);
}

} // namespace cuda_stub
