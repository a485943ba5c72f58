// The stub's device memory. Addresses are no host addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

namespace cuda_stub {

// An access outside every allocation.
struct IllegalAccess {};

class DeviceMemory final {
  public:
    // 0 when more than `limit` bytes would be in use.
    [[nodiscard]] std::uint64_t allocate(std::size_t bytes, std::size_t limit) {
        if (bytes > limit || used_ > limit - bytes) return 0;
        const std::uint64_t address = next_;
        next_ += (bytes + 511) / 256 * 256 + gap;
        blocks_[address] = {std::make_unique<std::byte[]>(bytes), bytes};
        used_ += bytes;
        return address;
    }
    [[nodiscard]] bool free(std::uint64_t address) {
        const auto found = blocks_.find(address);
        if (found == blocks_.end()) return false;
        used_ -= found->second.size;
        blocks_.erase(found);
        return true;
    }
    // Throws IllegalAccess.
    [[nodiscard]] std::byte* at(std::uint64_t address, std::size_t bytes) {
        auto found = blocks_.upper_bound(address);
        if (found == blocks_.begin()) throw IllegalAccess{};
        --found;
        const std::uint64_t offset = address - found->first;
        if (offset > found->second.size || bytes > found->second.size - offset)
            throw IllegalAccess{};
        return found->second.bytes.get() + offset;
    }
    [[nodiscard]] std::size_t used() const noexcept { return used_; }

  private:
    struct Block {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size = 0;
    };
    static constexpr std::uint64_t gap = std::uint64_t{1} << 20;
    std::map<std::uint64_t, Block> blocks_;
    std::uint64_t next_ = std::uint64_t{0x7} << 44;
    std::size_t used_ = 0;
};

} // namespace cuda_stub
