#include "lib/worker/death.hpp"

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <string_view>
#include <sys/wait.h>
#include <utility>

namespace hone {

namespace {

std::string signal_text(int signal) {
    // sigabbrev_np is GNU's, and newer than some systems in use.
    static constexpr std::array<std::pair<int, std::string_view>, 11> names{{
        {SIGSEGV, "SIGSEGV"},
        {SIGBUS, "SIGBUS"},
        {SIGILL, "SIGILL"},
        {SIGFPE, "SIGFPE"},
        {SIGABRT, "SIGABRT"},
        {SIGTRAP, "SIGTRAP"},
        {SIGKILL, "SIGKILL"},
        {SIGTERM, "SIGTERM"},
        {SIGSYS, "SIGSYS"},
        {SIGXCPU, "SIGXCPU"},
        {SIGPIPE, "SIGPIPE"},
    }};
    for (const auto& [number, name] : names) {
        if (number == signal) return fmt::format("signal {} ({})", signal, name);
    }
    return fmt::format("signal {}", signal);
}

bool out_of_memory(const std::string& output) {
    return output.find("bad_alloc") != std::string::npos ||
           output.find("out of memory") != std::string::npos;
}

std::string operand_name(std::int32_t operand, const std::vector<std::string>& names) {
    if (operand == FaultRecord::workspace) return "the workspace";
    if (operand == FaultRecord::prepared) return "a prepared operand";
    if (operand >= 0 && static_cast<std::size_t>(operand) < names.size())
        return "operand " + names[static_cast<std::size_t>(operand)];
    return "an operand";
}

const char* access(std::int32_t wrote) {
    if (wrote == 1) return "write";
    return wrote == 0 ? "read" : "access";
}

} // namespace

std::string describe_exit(int wait_status) {
    if (WIFSIGNALED(wait_status)) return signal_text(WTERMSIG(wait_status));
    if (WIFEXITED(wait_status)) return fmt::format("exit status {}", WEXITSTATUS(wait_status));
    return "unknown end";
}

RunReport describe_death(int wait_status, const FaultRecord& fault,
                         const std::vector<std::string>& names, const std::string& output) {
    RunReport report{Outcome::crash, describe_exit(wait_status), true};
    if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL) {
        // Not by a time limit, which has its own report, so by somebody else. It says little about
        // the candidate, and must not veto it.
        report.outcome = Outcome::out_of_memory;
        report.detail += ": killed from outside, as a system short of memory does";
        return report;
    }
    const bool recorded = WIFSIGNALED(wait_status) && fault.signal == WTERMSIG(wait_status);
    switch (recorded ? fault.place : FaultRecord::Place::none) {
    case FaultRecord::Place::none:
        break;
    case FaultRecord::Place::elsewhere:
        report.detail += fmt::format(": {} at address {:#x}", access(fault.wrote), fault.address);
        break;
    case FaultRecord::Place::before:
        report.outcome = Outcome::out_of_bounds;
        report.detail += fmt::format(": {} {} bytes before {}", access(fault.wrote), fault.bytes,
                                     operand_name(fault.operand, names));
        break;
    case FaultRecord::Place::behind:
        report.outcome = Outcome::out_of_bounds;
        report.detail += fmt::format(": {} {} bytes past the end of {}", access(fault.wrote),
                                     fault.bytes, operand_name(fault.operand, names));
        break;
    case FaultRecord::Place::inside:
        report.outcome = Outcome::illegal_access;
        report.detail +=
            fmt::format(": {} at byte {} of {}, which is read-only", access(fault.wrote),
                        fault.bytes, operand_name(fault.operand, names));
        break;
    case FaultRecord::Place::stack:
        report.detail += ": stack overflow";
        break;
    }
    if (report.outcome == Outcome::crash && WIFSIGNALED(wait_status) && out_of_memory(output))
        report.outcome = Outcome::out_of_memory;
    if (!output.empty()) report.detail += "\n" + output;
    return report;
}

} // namespace hone
