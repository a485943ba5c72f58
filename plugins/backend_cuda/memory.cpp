#include "memory.hpp"

#include "fault.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace hone::cuda {
namespace {

constexpr auto canary = std::byte{0xc5};
constexpr auto poison = std::byte{0xff}; // a NaN in every floating type
// A kernel that runs past an edge writes rows or tiles, so large operands get large zones.
constexpr std::size_t least_zone = std::size_t{4} << 10, most_zone = std::size_t{1} << 20;

std::size_t zone_bytes(std::size_t bytes, MemoryUse use) {
    if (use == MemoryUse::input) return 0; // compared as a whole after each check
    const std::size_t wanted = std::clamp(bytes / 8, least_zone, most_zone);
    return wanted / GuardedMemory::alignment * GuardedMemory::alignment;
}

} // namespace

std::unique_ptr<GuardedMemory> GuardedMemory::allocate(std::shared_ptr<Context> context,
                                                       std::size_t bytes, MemoryUse use) {
    const Driver& driver = context->driver();
    const Context::Current current(*context);
    driver.require(current.result(), "cuCtxPushCurrent");
    std::unique_ptr<GuardedMemory> memory{new GuardedMemory};
    memory->zone_ = zone_bytes(bytes, use);
    memory->size_ = bytes;
    memory->total_ = std::max<std::size_t>(bytes, 1) + 2 * memory->zone_;
    api::Address base = 0;
    const api::Result result = driver.memory_allocate(&base, memory->total_);
    if (result == api::Result::out_of_memory) return nullptr;
    if (is_lost(result)) throw device_lost(driver, result);
    driver.require(result, "cuMemAlloc");
    memory->context_ = std::move(context);
    memory->base_ = base;
    const auto fill = [&](api::Address from, std::size_t count, std::byte value) {
        if (count == 0) return;
        driver.require(driver.fill(from, std::to_integer<unsigned char>(value), count, nullptr),
                       "cuMemsetD8Async");
    };
    fill(base, memory->zone_, canary);
    fill(memory->address() + bytes, memory->zone_, canary);
    if (use != MemoryUse::input) fill(memory->address(), bytes, poison);
    return memory;
}

GuardedMemory::~GuardedMemory() {
    if (!context_) return;
    const Context::Current current(*context_);
    (void)context_->driver().memory_free(base_);
}

RunReport GuardedMemory::stray(std::size_t distance, std::byte value, bool before) const {
    const auto number = std::to_integer<unsigned>(value);
    constexpr const char* digits = "0123456789abcdef";
    return {Outcome::out_of_bounds,
            "wrote 0x" + std::string{digits[number / 16], digits[number % 16]} + " to byte " +
                std::to_string(distance) + (before ? " before" : " after") + " a buffer of " +
                std::to_string(size_) + " bytes",
            false};
}

RunReport GuardedMemory::check() const {
    if (zone_ == 0) return {};
    const Driver& driver = context_->driver();
    const Context::Current current(*context_);
    std::vector<std::byte> zone(zone_);
    const auto touched = [](std::byte byte) { return byte != canary; };

    api::Result result = driver.copy_to_host(zone.data(), address() + size_, zone_);
    if (result != api::Result::success) return report(driver, result, "reading a guard zone");
    if (const auto at = std::find_if(zone.begin(), zone.end(), touched); at != zone.end())
        return stray(static_cast<std::size_t>(at - zone.begin()), *at, false);

    result = driver.copy_to_host(zone.data(), base_, zone_);
    if (result != api::Result::success) return report(driver, result, "reading a guard zone");
    if (const auto at = std::find_if(zone.rbegin(), zone.rend(), touched); at != zone.rend())
        return stray(static_cast<std::size_t>(at - zone.rbegin()) + 1, *at, true);
    return {};
}

} // namespace hone::cuda
