// Memory between two guard zones: pages that cannot be touched, or canaries.
#pragma once

#include "hone/backend.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace worker_test {

class GuardedMemory final : public hone::Memory {
  public:
    // Ends at the guard behind it. Null when there is no memory.
    static std::unique_ptr<GuardedMemory> make(std::size_t bytes, bool guard_pages);
    ~GuardedMemory() override;

    void* data() const noexcept override { return data_; }
    std::size_t size() const noexcept override { return size_; }
    void protect(bool read_only);
    void on_release(std::function<void(GuardedMemory*)> call) { released_ = std::move(call); }
    // Where something was written outside, in words.
    std::optional<std::string> stray_write() const;

  private:
    GuardedMemory() = default;

    std::byte* base_ = nullptr;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0, mapped_ = 0;
    std::size_t untouchable_ = 0; // at either end
    std::function<void(GuardedMemory*)> released_;
};

} // namespace worker_test
