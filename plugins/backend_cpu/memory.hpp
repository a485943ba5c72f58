// Memory of a session: the last byte lies as close to an unmapped page as its alignment allows, so
// that a stray access faults; the few bytes between are filled with a pattern that is checked.
#pragma once

#include "hone/backend.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace hone::cpu {

class GuardedMemory;

// The live input memory of a session, for protect_inputs.
class InputRegister final {
  public:
    void add(GuardedMemory& memory);
    void remove(GuardedMemory& memory) noexcept;
    void protect();

  private:
    std::mutex mutex_;
    std::vector<GuardedMemory*> inputs_;
};

class GuardedMemory final : public Memory {
  public:
    static constexpr std::size_t alignment = 64;

    // Null when there is not enough memory. Private to the process: a forked child has its own
    // copy.
    [[nodiscard]] static std::unique_ptr<GuardedMemory>
    allocate(std::size_t bytes, MemoryUse use, std::shared_ptr<InputRegister> inputs);
    ~GuardedMemory() override;
    GuardedMemory(const GuardedMemory&) = delete;
    GuardedMemory& operator=(const GuardedMemory&) = delete;

    [[nodiscard]] void* data() const noexcept override { return data_; }
    [[nodiscard]] std::size_t size() const noexcept override { return size_; }

    void make_read_only() noexcept;
    void make_writable() noexcept;
    [[nodiscard]] RunReport check() const;

  private:
    GuardedMemory() = default;

    std::byte* mapping_ = nullptr; // guard, pages, guard
    std::size_t mapped_bytes_ = 0;
    std::byte* pages_ = nullptr;
    std::size_t page_bytes_ = 0;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    bool read_only_ = false;
    std::shared_ptr<InputRegister> inputs_; // null unless this is input
};

} // namespace hone::cpu
