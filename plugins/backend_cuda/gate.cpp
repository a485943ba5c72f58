#include "gate.hpp"

#include <atomic>

namespace hone::cuda {

using api::Result;

Gate::Gate(const Driver& driver) {
    if (!driver.stream_wait_value || !driver.host_allocate || !driver.host_free ||
        !driver.host_address)
        return;
    constexpr unsigned device_mapped = 2;
    void* memory = nullptr;
    if (driver.host_allocate(&memory, sizeof(std::uint32_t), device_mapped) != Result::success)
        return;
    if (driver.host_address(&address_, memory, 0) != Result::success) {
        (void)driver.host_free(memory);
        return;
    }
    driver_ = &driver;
    flag_ = static_cast<volatile std::uint32_t*>(memory);
    *flag_ = 0;
}

Gate::~Gate() {
    if (driver_) (void)driver_->host_free(const_cast<std::uint32_t*>(flag_));
}

void Gate::close(api::Stream stream) noexcept {
    if (!driver_) return;
    constexpr unsigned until_at_least = 0;
    // A driver that refuses leaves the gate open: the first sample then includes some queueing.
    (void)driver_->stream_wait_value(stream, address_, ++turn_, until_at_least);
}

void Gate::open() noexcept {
    if (!driver_) return;
    *flag_ = turn_;
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

} // namespace hone::cuda
