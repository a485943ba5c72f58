#include "lib/worker/operand_memory.hpp"

#include "hone/error.hpp"
#include "lib/worker/operand_layout.hpp"
#include "lib/worker/sealed_memory.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <utility>

namespace hone {

namespace {

[[noreturn]] void fail(std::size_t bytes, int error) {
    throw Error(Errc::unavailable,
                "no shared memory for operands of " + std::to_string(bytes) +
                    " bytes: " + std::strerror(error),
                "free memory, or tune a smaller problem");
}

} // namespace

OperandMemory::OperandMemory(std::span<const ArgSpec> args) {
    const OperandLayout layout = operand_layout(args);
    size_ = layout.size;
    file_ = sealed_memory("hone-operands", size_);
    if (!file_) fail(size_, errno);
    void* const base = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
    if (base == MAP_FAILED) fail(size_, errno);
    base_ = base;

    auto* const bytes = static_cast<std::byte*>(base);
    for (std::size_t i = 0; i < args.size(); ++i) {
        const bool read = layout.inputs[i] != OperandLayout::none;
        inputs_.push_back({args[i], read ? bytes + layout.inputs[i] : nullptr});
        const bool written = layout.results[i] != OperandLayout::none;
        ArgSpec result = args[i];
        if (!written) result.dtype = DType::none;
        results_.push_back({result, written ? bytes + layout.results[i] : nullptr});
    }
}

OperandMemory::~OperandMemory() { ::munmap(base_, size_); }

} // namespace hone
