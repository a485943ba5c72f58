// What Stream::handle points at for the backend "fake". Null is the default stream.
#pragma once

#include <functional>
#include <vector>

namespace fake {

// Launches on a stream run in order; launches on different streams run in an order that nobody may
// rely on: here the stream used last goes first.
struct HostStream {
    // While true, launches are recorded and not run, and whatever needs the device to be idle or
    // takes memory is an error of the caller.
    bool capturing = false;
    std::vector<std::function<void()>> captured; // calling them in order queues them again
};

} // namespace fake
