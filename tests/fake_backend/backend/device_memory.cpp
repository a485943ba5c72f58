#include "device_memory.hpp"

#include <algorithm>
#include <cstdio>

namespace fake {
namespace {

constexpr auto canary = std::byte{0xA5};
constexpr auto poison = std::byte{0xFF}; // NaN in every floating type

std::string hexadecimal(std::uint64_t address) {
    char text[32];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(address));
    return text;
}

} // namespace

std::byte* DeviceMemory::Reach::at(std::uint64_t address, std::size_t bytes) const {
    if (address < begin || address > end || bytes > end - address) {
        throw Fault{hone::Outcome::illegal_access,
                    "illegal memory access at " + hexadecimal(address), true};
    }
    return host + (address - begin);
}

std::uint64_t DeviceMemory::allocate(std::size_t bytes) {
    if (bytes > capacity - used_) return 0;
    Allocation made{bytes, std::vector<std::byte>(bytes + 2 * guard_bytes, canary)};
    std::fill_n(made.storage.begin() + guard_bytes, bytes, poison);
    const std::uint64_t front = next_;
    // A gap, so that no stray pointer reaches a neighbour; 512 keeps every address aligned.
    next_ = (front + made.storage.size() + (1 << 20)) / 512 * 512;
    used_ += bytes;
    live_.emplace(front, std::move(made));
    return front + guard_bytes;
}

void DeviceMemory::release(std::uint64_t address) noexcept {
    const auto found = live_.find(address - guard_bytes);
    if (found == live_.end()) return;
    used_ -= found->second.bytes;
    live_.erase(found);
}

std::map<std::uint64_t, DeviceMemory::Allocation>::const_iterator
DeviceMemory::holding(std::uint64_t address) const noexcept {
    auto after = live_.upper_bound(address);
    if (after == live_.begin()) return live_.end();
    const auto found = std::prev(after);
    return address - found->first <= found->second.storage.size() ? found : live_.end();
}

DeviceMemory::Reach DeviceMemory::reach(std::uint64_t address) const noexcept {
    const auto found = holding(address);
    if (found == live_.end()) return {};
    const auto& storage = found->second.storage;
    return {found->first, found->first + storage.size(), const_cast<std::byte*>(storage.data())};
}

std::uint64_t DeviceMemory::end_of(std::uint64_t address) const noexcept {
    const auto found = holding(address);
    return found == live_.end() ? 0 : found->first + guard_bytes + found->second.bytes;
}

std::string DeviceMemory::damage(std::uint64_t address) const {
    const auto found = live_.find(address - guard_bytes);
    if (found == live_.end()) return {};
    const auto& [front, allocation] = *found;
    const auto begin = allocation.storage.begin();
    const auto intact = [](std::byte value) { return value == canary; };
    const auto before = std::find_if_not(begin, begin + guard_bytes, intact);
    if (before != begin + guard_bytes) {
        return "written " + std::to_string(begin + guard_bytes - before) + " bytes before memory";
    }
    const auto data_end = begin + static_cast<std::ptrdiff_t>(guard_bytes + allocation.bytes);
    const auto after = std::find_if_not(data_end, allocation.storage.end(), intact);
    if (after == allocation.storage.end()) return {};
    return "written " + std::to_string(after - data_end) + " bytes behind the end of memory";
}

} // namespace fake
