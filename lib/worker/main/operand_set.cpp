#include "lib/worker/main/operand_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>

namespace hone::worker {

namespace {

MemoryUse use_of(Role role) {
    switch (role) {
    case Role::out:
    case Role::inout:
        return MemoryUse::output;
    case Role::scratch:
        return MemoryUse::workspace;
    case Role::in:
    case Role::index:
    case Role::constant:
        return MemoryUse::input;
    }
    return MemoryUse::input;
}

} // namespace

std::unique_ptr<Memory> allocate(Session& session, std::size_t bytes, MemoryUse use) {
    auto memory = session.allocate(std::max<std::size_t>(bytes, 1), use);
    if (!memory) throw std::bad_alloc();
    return memory;
}

OperandSet::OperandSet(Session& session, std::span<const ArgSpec> args,
                       const SharedOperands& shared)
    : session_(session), args_(args), shared_(shared), memory_(args.size()), pristine_(args.size()),
      tensors_(args.size()) {
    for (std::size_t i = 0; i < args.size(); ++i) {
        const ArgSpec& arg = args[i];
        if (!arg.present()) continue;
        const std::span<const std::byte> input = shared.input(i);
        tensors_[i].strides = arg.strides;
        tensors_[i].shape = arg.shape;
        if (arg.rank == 0) { // in host memory, only ever read
            tensors_[i].data = const_cast<std::byte*>(input.data());
            continue;
        }
        const auto size = static_cast<std::size_t>(arg.storage_bytes());
        memory_[i] = allocate(session, size, use_of(arg.role));
        tensors_[i].data = memory_[i]->data();
        bytes_ += size;
        if (!input.empty()) session.upload(*memory_[i], 0, input);
        if (arg.role != Role::inout) continue;
        pristine_[i] = allocate(session, size, MemoryUse::input);
        if (!input.empty()) session.upload(*pristine_[i], 0, input);
        restore_.push_back({memory_[i]->data(), pristine_[i]->data(), size});
    }
}

void OperandSet::append_zones(std::vector<FaultZone>& zones) const {
    const auto append = [&zones](const std::unique_ptr<Memory>& memory, std::size_t operand) {
        if (!memory) return;
        zones.push_back({reinterpret_cast<std::uintptr_t>(memory->data()), memory->size(),
                         static_cast<std::int32_t>(operand)});
    };
    for (std::size_t i = 0; i < args_.size(); ++i) {
        append(memory_[i], i);
        append(pristine_[i], i);
    }
}

void OperandSet::reset() {
    for (std::size_t i = 0; i < args_.size(); ++i) {
        if (!memory_[i]) continue;
        const Role role = args_[i].role;
        if (role == Role::out || role == Role::scratch) session_.fill(*memory_[i], poison);
        if (role == Role::inout && !shared_.input(i).empty())
            session_.upload(*memory_[i], 0, shared_.input(i));
    }
    session_.protect_inputs(); // uploading may have undone it
}

RunReport OperandSet::check_guards() const {
    for (std::size_t i = 0; i < args_.size(); ++i) {
        if (!memory_[i] || use_of(args_[i].role) == MemoryUse::input) continue;
        RunReport report = session_.check_guards(*memory_[i]);
        if (report.outcome == Outcome::ok) continue;
        report.detail = fmt::format("operand {}: {}", args_[i].name, report.detail);
        return report;
    }
    return {};
}

RunReport OperandSet::check_inputs() const {
    std::vector<std::byte> now;
    for (std::size_t i = 0; i < args_.size(); ++i) {
        if (!memory_[i] || use_of(args_[i].role) != MemoryUse::input) continue;
        const std::span<const std::byte> before = shared_.input(i);
        now.resize(before.size());
        if (!now.empty()) session_.download(*memory_[i], 0, now);
        const auto [a, b] = std::mismatch(before.begin(), before.end(), now.begin());
        if (a == before.end()) continue;
        return {Outcome::illegal_access,
                fmt::format("wrote to byte {} of operand {}, which is read-only",
                            a - before.begin(), args_[i].name),
                true};
    }
    return {};
}

void OperandSet::collect() const {
    for (std::size_t i = 0; i < args_.size(); ++i) {
        const std::span<std::byte> result = shared_.result(i);
        if (memory_[i] && !result.empty()) session_.download(*memory_[i], 0, result);
    }
}

} // namespace hone::worker
