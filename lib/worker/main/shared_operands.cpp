#include "lib/worker/main/shared_operands.hpp"

#include "hone/error.hpp"
#include "lib/worker/malformed.hpp"
#include "lib/worker/sealed_memory.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <sys/mman.h>

namespace hone::worker {

SharedOperands::SharedOperands(std::span<const ArgSpec> args, int file)
    : args_(args), layout_(operand_layout(args)) {
    if (!is_sealed(file, layout_.size)) throw Malformed("an operand set of another size");
    void* const base = ::mmap(nullptr, layout_.size, PROT_READ, MAP_SHARED, file, 0);
    const std::size_t results_bytes = layout_.size - layout_.results_begin;
    if (base != MAP_FAILED) base_ = static_cast<std::byte*>(base);
    if (base == MAP_FAILED ||
        (results_bytes > 0 &&
         ::mprotect(base_ + layout_.results_begin, results_bytes, PROT_READ | PROT_WRITE) != 0)) {
        const std::string reason = std::strerror(errno);
        if (base_ != nullptr) ::munmap(base_, layout_.size);
        throw Error(Errc::unavailable, "cannot map an operand set: " + reason);
    }
}

SharedOperands::~SharedOperands() { ::munmap(base_, layout_.size); }

std::size_t SharedOperands::bytes(std::size_t operand) const {
    return static_cast<std::size_t>(args_[operand].storage_bytes());
}

std::span<const std::byte> SharedOperands::input(std::size_t operand) const {
    const std::size_t offset = layout_.inputs[operand];
    if (offset == OperandLayout::none) return {};
    return {base_ + offset, bytes(operand)};
}

std::span<std::byte> SharedOperands::result(std::size_t operand) const {
    const std::size_t offset = layout_.results[operand];
    if (offset == OperandLayout::none) return {};
    return {base_ + offset, bytes(operand)};
}

} // namespace hone::worker
