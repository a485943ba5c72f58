#include "mem/address_space.hpp"

#include "mem/windows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hone::emu {

bool Allocation::is_written(u64 offset, u64 count) const {
    if (written.empty()) return true;
    const auto first = written.begin() + static_cast<std::ptrdiff_t>(offset);
    return std::all_of(first, first + static_cast<std::ptrdiff_t>(count), [](bool b) { return b; });
}

void Allocation::mark_written(u64 offset, u64 count) {
    if (written.empty()) return;
    std::fill_n(written.begin() + static_cast<std::ptrdiff_t>(offset), count, true);
}

AddressSpace::AddressSpace() : next_(global_base) {}

Allocation& AddressSpace::allocate(u64 bytes, std::string name, u64 align) {
    const u64 base = (next_ + align - 1) / align * align;
    Allocation made;
    made.base = base;
    made.bytes = bytes;
    made.name = std::move(name);
    made.owned = std::make_unique<std::byte[]>(bytes);
    made.data = made.owned.get();
    next_ = base + bytes + red_zone;
    last_ = nullptr;
    return allocations_.insert_or_assign(base, std::move(made)).first->second;
}

void AddressSpace::release(u64 base) {
    last_ = nullptr;
    allocations_.erase(base);
}

Allocation* AddressSpace::find(u64 address, u64 bytes) noexcept {
    const auto holds = [&](const Allocation& a) {
        return address - a.base < a.bytes && bytes <= a.bytes - (address - a.base);
    };
    if (last_ && holds(*last_)) return last_;
    auto above = allocations_.upper_bound(address);
    if (above == allocations_.begin()) return nullptr;
    Allocation& candidate = std::prev(above)->second;
    if (!holds(candidate)) return nullptr;
    return last_ = &candidate;
}

std::string AddressSpace::describe(u64 address) const {
    if (address < 4096) return fmt::format("address {:#x}, a null pointer", address);
    const auto above = allocations_.upper_bound(address);
    const Allocation* before = above == allocations_.begin() ? nullptr : &std::prev(above)->second;
    const Allocation* after = above == allocations_.end() ? nullptr : &above->second;
    const u64 past =
        before ? address - before->base - std::min(before->bytes, address - before->base) : ~u64{0};
    const u64 ahead = after ? after->base - address : ~u64{0};
    if (std::min(past, ahead) > red_zone)
        return fmt::format("address {:#x}, no allocation", address);
    if (past <= ahead && past == 0 && address - before->base < before->bytes)
        return fmt::format("byte {} of {} ({} bytes)", address - before->base, before->name,
                           before->bytes);
    if (past <= ahead)
        return fmt::format("{} bytes past the end of {} ({} bytes)", past, before->name,
                           before->bytes);
    return fmt::format("{} bytes before {} ({} bytes)", ahead, after->name, after->bytes);
}

} // namespace hone::emu
