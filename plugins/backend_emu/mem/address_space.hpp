// Global memory: allocations apart from each other, so that a stray address hits none.
#pragma once

#include "types.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hone::emu {

struct Allocation {
    u64 base = 0;
    u64 bytes = 0;
    std::string name; // "argument 2", a variable's name; for messages
    bool read_only = false;
    std::byte* data = nullptr;
    std::unique_ptr<std::byte[]> owned;
    std::vector<bool> written; // which bytes were; empty: all of them

    [[nodiscard]] bool is_written(u64 offset, u64 count) const;
    void mark_written(u64 offset, u64 count);
    void forget_written() { written.assign(bytes, false); } // nothing is
};

// Addresses depend on the order and sizes of allocations only: runs can be compared. Not for
// several threads.
class AddressSpace {
  public:
    // Zeroed. The next allocation is at least one red zone away.
    Allocation& allocate(u64 bytes, std::string name, u64 align = 256);
    void release(u64 base);

    // The allocation that holds all of [address, address + bytes), or null.
    [[nodiscard]] Allocation* find(u64 address, u64 bytes) noexcept;
    // "16 bytes past the end of C (4096 bytes)"
    [[nodiscard]] std::string describe(u64 address) const;

    [[nodiscard]] std::map<u64, Allocation>& allocations() noexcept { return allocations_; }

  private:
    static constexpr u64 red_zone = 64 << 10;

    std::map<u64, Allocation> allocations_;
    Allocation* last_ = nullptr; // found last
    u64 next_;

  public:
    AddressSpace();
};

} // namespace hone::emu
