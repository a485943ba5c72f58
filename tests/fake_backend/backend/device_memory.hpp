// Memory of the fake device. Device addresses are no host addresses: following one on the host is a
// segmentation fault, as it is with a real card.
#pragma once

#include "hone/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fake {

// What ends a kernel. A sticky fault is the answer to every later call of the process.
struct Fault {
    hone::Outcome outcome = hone::Outcome::ok;
    std::string text;
    bool sticky = false;
};

class DeviceMemory {
  public:
    static constexpr std::size_t guard_bytes = 512;
    static constexpr std::size_t capacity = std::size_t{1} << 30;

    // The bytes of one allocation with its guard zones: what a kernel can reach from a pointer into
    // it without being noticed by the hardware.
    struct Reach {
        std::uint64_t begin = 0, end = 0; // device addresses
        std::byte* host = nullptr;        // of begin

        // Throws Fault, sticky, when the access lies outside.
        [[nodiscard]] std::byte* at(std::uint64_t address, std::size_t bytes) const;
    };

    // Device address of new memory, poisoned and between guard zones; 0: none is left.
    [[nodiscard]] std::uint64_t allocate(std::size_t bytes);
    void release(std::uint64_t address) noexcept;
    // Of the allocation that `address` points into; empty for any other address.
    [[nodiscard]] Reach reach(std::uint64_t address) const noexcept;
    // Address one past the data of the allocation that `address` points into.
    [[nodiscard]] std::uint64_t end_of(std::uint64_t address) const noexcept;
    // Where a guard zone was written, or nothing.
    [[nodiscard]] std::string damage(std::uint64_t address) const;

  private:
    struct Allocation {
        std::size_t bytes = 0;
        std::vector<std::byte> storage; // guard, data, guard
    };
    // By the address of the guard zone in front.
    std::map<std::uint64_t, Allocation> live_;
    std::uint64_t next_ = std::uint64_t{1} << 55;
    std::size_t used_ = 0;

    [[nodiscard]] std::map<std::uint64_t, Allocation>::const_iterator
    holding(std::uint64_t address) const noexcept;
};

} // namespace fake
