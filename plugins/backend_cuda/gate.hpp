// Holds a stream back until everything is queued: else the first event would be reached while the
// host still queues what is to be timed.
#pragma once

#include "context.hpp"

#include <cstdint>

namespace hone::cuda {

class Gate final {
  public:
    // Always open.
    Gate() = default;
    // Always open where the driver cannot hold a stream.
    explicit Gate(const Driver& driver);
    ~Gate();
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    // What is queued on the stream after this waits for open().
    void close(api::Stream stream) noexcept;
    void open() noexcept;

  private:
    const Driver* driver_ = nullptr;
    volatile std::uint32_t* flag_ = nullptr; // in host memory that the device sees
    api::Address address_ = 0;
    std::uint32_t turn_ = 0;
};

} // namespace hone::cuda
