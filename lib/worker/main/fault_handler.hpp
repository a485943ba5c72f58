// Turns a fault of a candidate into a record of what it touched.
#pragma once

#include "lib/worker/death.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace hone::worker {

// Memory that a candidate may have meant when it faulted.
struct FaultZone {
    std::uintptr_t begin = 0;
    std::size_t size = 0;
    std::int32_t operand = 0; // as in FaultRecord
};

// Faults end the process without a word: no handler of a library prints or survives them.
void default_faults();

// As before, but SIGSEGV and SIGBUS first leave what is known in `record`. A second call replaces
// the record.
void record_faults(FaultRecord* record);

// The zones are copied, the first 1024 of them.
void set_fault_zones(std::span<const FaultZone> zones) noexcept;

} // namespace hone::worker
