// How a process ended, in words and as an outcome.
#pragma once

#include "hone/backend.hpp"

#include <string>

namespace hone {

// Shared page in which a dying run says where it faulted. Written by a signal handler of a process
// that ran hostile code: read with suspicion.
struct FaultRecord {
    enum class Place : std::uint32_t {
        none,      // nothing was written
        elsewhere, // an address that belongs to nothing known
        before,    // in front of an operand
        behind,    // past the end of an operand
        inside,    // within an operand, so it was written and may only be read
        stack,     // below the stack of the thread
    };
    static constexpr std::int32_t workspace = -1; // in place of an operand's number
    static constexpr std::int32_t prepared = -2;

    Place place = Place::none;
    std::int32_t signal = 0;
    std::int32_t operand = 0;
    std::int32_t wrote = -1; // 1 write, 0 read, -1 unknown
    std::uint64_t address = 0;
    std::uint64_t bytes = 0; // from the operand's end (behind), or its start (before, inside)
};

// "signal 11 (SIGSEGV)", "exit status 3".
[[nodiscard]] std::string describe_exit(int wait_status);

// What a run's death says about the candidate. `names` are those of the operands, `output` the last
// lines that the process wrote.
[[nodiscard]] RunReport describe_death(int wait_status, const FaultRecord& fault,
                                       const std::vector<std::string>& names,
                                       const std::string& output);

} // namespace hone
