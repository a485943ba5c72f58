// What the emulator can find. Names are part of documents: never renamed.
#pragma once

#include "types.hpp"

#include <string_view>

namespace hone::emu {

enum class Rule : u8 {
    out_of_bounds, // global, shared, local or parameter memory
    misaligned,
    write_to_read_only,  // an input, a constant
    race,                // shared memory, unordered accesses of which one writes
    uninitialised_read,  // of shared memory
    async_in_flight,     // data of a cp.async touched before it was waited for
    async_not_waited,    // a thread ended with copies in flight
    divergent_barrier,   // threads of a warp at different barriers, or some gone
    invalid_barrier,     // number or thread count out of range, or not agreeing
    invalid_members,     // member mask without its own lane, or lanes that disagree
    inactive_lane,       // a shuffle from a lane that does not take part
    divergent_operation, // an instruction of the whole warp reached by a part of it
    deadlock,
    instruction_budget,
    trap,
    stack_overflow,
    invalid_launch,
    schedule_dependent, // results differ between schedules
};

[[nodiscard]] std::string_view to_string(Rule rule) noexcept;

} // namespace hone::emu
