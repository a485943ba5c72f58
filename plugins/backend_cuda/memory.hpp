// Device memory with zones around it that hold a pattern, so that stray writes are found.
#pragma once

#include "context.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace hone::cuda {

class GuardedMemory final : public Memory {
  public:
    static constexpr std::size_t alignment = 256;

    // Null when there is not enough memory. Throws DriverError, Error(device_lost).
    [[nodiscard]] static std::unique_ptr<GuardedMemory> allocate(std::shared_ptr<Context> context,
                                                                 std::size_t bytes, MemoryUse use);
    ~GuardedMemory() override;
    GuardedMemory(const GuardedMemory&) = delete;
    GuardedMemory& operator=(const GuardedMemory&) = delete;

    [[nodiscard]] void* data() const noexcept override {
        return reinterpret_cast<void*>(address()); // NOLINT(performance-no-int-to-ptr)
    }
    [[nodiscard]] std::size_t size() const noexcept override { return size_; }
    [[nodiscard]] api::Address address() const noexcept { return base_ + zone_; }

    // The stray write nearest to the memory.
    [[nodiscard]] RunReport check() const;

  private:
    GuardedMemory() = default;
    [[nodiscard]] RunReport stray(std::size_t distance, std::byte value, bool before) const;

    std::shared_ptr<Context> context_;
    api::Address base_ = 0;
    std::size_t size_ = 0;
    std::size_t zone_ = 0; // bytes of each zone; 0 around inputs
    std::size_t total_ = 0;
};

} // namespace hone::cuda
