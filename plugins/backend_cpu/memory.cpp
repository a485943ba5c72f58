#include "memory.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace hone::cpu {
namespace {

// Unmapped pages cost address space only, so they span more than the usual stray row or tile.
constexpr std::size_t guard_bytes = 1 << 20;
constexpr auto canary = std::byte{0xc5};
constexpr auto poison = std::byte{0xff}; // a NaN in every floating type
constexpr std::size_t huge_page_bytes = 2 << 20;

std::size_t round_up(std::size_t value, std::size_t step) {
    return (value + step - 1) / step * step;
}

// The kernel promises more memory than there is and ends a process that takes it at its word.
bool fits(std::size_t bytes) {
    if (bytes < (std::size_t{256} << 20)) return true;
    std::ifstream file("/proc/meminfo");
    for (std::string key, unit; file >> key;) {
        std::size_t kib = 0;
        file >> kib;
        std::getline(file, unit);
        if (key == "MemAvailable:") return bytes / 1024 < kib;
    }
    return true;
}

} // namespace

void InputRegister::add(GuardedMemory& memory) {
    const std::lock_guard lock(mutex_);
    inputs_.push_back(&memory);
}

void InputRegister::remove(GuardedMemory& memory) noexcept {
    const std::lock_guard lock(mutex_);
    std::erase(inputs_, &memory);
}

void InputRegister::protect() {
    const std::lock_guard lock(mutex_);
    for (GuardedMemory* input : inputs_) input->make_read_only();
}

std::unique_ptr<GuardedMemory> GuardedMemory::allocate(std::size_t bytes, MemoryUse use,
                                                       std::shared_ptr<InputRegister> inputs) {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t used = round_up(std::max<std::size_t>(bytes, 1), alignment);
    if (used < bytes || !fits(used)) return nullptr;

    std::unique_ptr<GuardedMemory> memory{new GuardedMemory};
    memory->page_bytes_ = round_up(used, page);
    memory->mapped_bytes_ = memory->page_bytes_ + 2 * guard_bytes;
    void* mapping = mmap(nullptr, memory->mapped_bytes_, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) return nullptr;
    memory->mapping_ = static_cast<std::byte*>(mapping);
    memory->pages_ = memory->mapping_ + guard_bytes;
    if (mprotect(memory->pages_, memory->page_bytes_, PROT_READ | PROT_WRITE) != 0) return nullptr;
    if (memory->page_bytes_ >= huge_page_bytes)
        madvise(memory->pages_, memory->page_bytes_, MADV_HUGEPAGE); // a wish

    memory->data_ = memory->pages_ + (memory->page_bytes_ - used);
    memory->size_ = bytes;
    std::memset(memory->pages_, static_cast<int>(canary), memory->page_bytes_ - used);
    std::memset(memory->data_ + bytes, static_cast<int>(canary), used - bytes);
    if (use == MemoryUse::input) {
        memory->inputs_ = std::move(inputs);
        memory->inputs_->add(*memory);
    } else {
        std::memset(memory->data_, static_cast<int>(poison), bytes);
    }
    return memory;
}

GuardedMemory::~GuardedMemory() {
    if (inputs_) inputs_->remove(*this);
    if (mapping_) munmap(mapping_, mapped_bytes_);
}

void GuardedMemory::make_read_only() noexcept {
    if (!read_only_) read_only_ = mprotect(pages_, page_bytes_, PROT_READ) == 0;
}

void GuardedMemory::make_writable() noexcept {
    if (read_only_) read_only_ = mprotect(pages_, page_bytes_, PROT_READ | PROT_WRITE) != 0;
}

RunReport GuardedMemory::check() const {
    const auto touched = [](std::byte byte) { return byte != canary; };
    const std::byte* after = data_ + size_;
    const std::byte* end = pages_ + page_bytes_;
    const auto describe = [&](const std::byte* at, const std::string& where) {
        const auto value = std::to_integer<unsigned>(*at);
        constexpr const char* digits = "0123456789abcdef";
        return RunReport{Outcome::out_of_bounds,
                         "wrote 0x" + std::string{digits[value / 16], digits[value % 16]} + " to " +
                             where + " a buffer of " + std::to_string(size_) + " bytes",
                         false};
    };
    if (const std::byte* at = std::find_if(after, end, touched); at != end)
        return describe(at, "byte " + std::to_string(at - after) + " after");
    // The nearest one is the first an access running backwards reaches.
    for (const std::byte* at = data_; at != pages_;)
        if (touched(*--at)) return describe(at, "byte " + std::to_string(data_ - at) + " before");
    return {};
}

} // namespace hone::cpu
