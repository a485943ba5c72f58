#include "memory.hpp"

#include <cstring>
#include <sys/mman.h>

namespace worker_test {

namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t alignment = 64;
constexpr std::byte canary{0x5a};

} // namespace

std::unique_ptr<GuardedMemory> GuardedMemory::make(std::size_t bytes, bool guard_pages) {
    const std::size_t body = (bytes + page - 1) / page * page;
    const std::size_t mapped = body + 2 * page;
    void* const base =
        ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return nullptr;
    std::unique_ptr<GuardedMemory> memory(new GuardedMemory);
    memory->base_ = static_cast<std::byte*>(base);
    memory->mapped_ = mapped;
    memory->size_ = bytes;
    memory->untouchable_ = guard_pages ? page : 0;
    memory->data_ = memory->base_ + page + (body - (bytes + alignment - 1) / alignment * alignment);
    std::memset(base, static_cast<int>(canary), mapped);
    if (guard_pages) {
        ::mprotect(memory->base_, page, PROT_NONE);
        ::mprotect(memory->base_ + page + body, page, PROT_NONE);
    }
    return memory;
}

GuardedMemory::~GuardedMemory() {
    if (released_) released_(this);
    ::munmap(base_, mapped_);
}

void GuardedMemory::protect(bool read_only) {
    ::mprotect(base_ + page, mapped_ - 2 * page, read_only ? PROT_READ : PROT_READ | PROT_WRITE);
}

std::optional<std::string> GuardedMemory::stray_write() const {
    const std::byte* const end = base_ + mapped_ - untouchable_;
    for (const std::byte* at = base_ + untouchable_; at < end; ++at) {
        if (at == data_) at += size_;
        if (at < end && *at != canary) return "a byte beside it was written";
    }
    return std::nullopt;
}

} // namespace worker_test
