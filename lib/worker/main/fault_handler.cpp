#include "lib/worker/main/fault_handler.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <ucontext.h>

namespace hone::worker {

namespace {

// All of this is touched by a signal handler, which has no other way to reach it.
constexpr std::size_t most_zones = 1024;
std::array<FaultZone, most_zones> zones;
std::size_t zone_count = 0;
FaultRecord* record = nullptr;
// For the thread that launches; a candidate that overflows its stack has none left for a handler.
alignas(16) std::array<std::byte, 64 << 10> handler_stack;

// Guard pages are smaller, but a stride may step over them.
constexpr std::uintptr_t reach = std::uintptr_t{1} << 20;
constexpr std::uintptr_t stack_reach = std::uintptr_t{64} << 10;

struct Access {
    std::uintptr_t stack = 0; // pointer, 0 when unknown
    std::int32_t wrote = -1;
};

Access access_of(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
    const auto& registers = context.uc_mcontext.gregs;
    return {static_cast<std::uintptr_t>(registers[REG_RSP]), (registers[REG_ERR] & 2) != 0 ? 1 : 0};
#elif defined(__aarch64__)
    return {static_cast<std::uintptr_t>(context.uc_mcontext.sp), -1};
#else
    static_cast<void>(context);
    return {};
#endif
}

std::uintptr_t distance(std::uintptr_t a, std::uintptr_t b) noexcept {
    return a > b ? a - b : b - a;
}

void locate(FaultRecord& fault, std::uintptr_t address) noexcept {
    fault.place = FaultRecord::Place::elsewhere;
    std::uintptr_t nearest = reach;
    for (std::size_t i = 0; i < zone_count; ++i) {
        const FaultZone& zone = zones[i];
        const std::uintptr_t end = zone.begin + zone.size;
        if (address >= zone.begin && address < end) {
            fault.place = FaultRecord::Place::inside;
            fault.operand = zone.operand;
            fault.bytes = address - zone.begin;
            return;
        }
        const bool behind = address >= end;
        const std::uintptr_t away = behind ? address - end : zone.begin - address;
        if (away >= nearest) continue;
        nearest = away;
        fault.place = behind ? FaultRecord::Place::behind : FaultRecord::Place::before;
        fault.operand = zone.operand;
        fault.bytes = away;
    }
}

void on_fault(int signal, siginfo_t* info, void* context) noexcept {
    FaultRecord fault;
    const Access access = access_of(*static_cast<const ucontext_t*>(context));
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    fault.signal = signal;
    fault.address = address;
    fault.wrote = access.wrote;
    // Positive codes have an address; an address that is not canonical has none.
    if (info->si_code > 0 && info->si_code != SI_KERNEL) {
        if (access.stack != 0 && distance(address, access.stack) < stack_reach) {
            fault.place = FaultRecord::Place::stack;
        } else {
            locate(fault, address);
        }
    }
    if (record != nullptr) *record = fault;
    ::signal(signal, SIG_DFL);
    ::raise(signal); // delivered when this returns, if not at once
}

} // namespace

void default_faults() {
    for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS})
        ::signal(signal, SIG_DFL);
}

void record_faults(FaultRecord* page) {
    default_faults();
    record = page;
    stack_t stack{};
    stack.ss_sp = handler_stack.data();
    stack.ss_size = handler_stack.size();
    ::sigaltstack(&stack, nullptr);
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (const int signal : {SIGSEGV, SIGBUS}) ::sigaction(signal, &action, nullptr);
}

void set_fault_zones(std::span<const FaultZone> from) noexcept {
    zone_count = std::min(from.size(), most_zones);
    std::copy_n(from.begin(), zone_count, zones.begin());
}

} // namespace hone::worker
