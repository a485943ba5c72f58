// What checks find in a candidate, and what is counted on the way.
#pragma once

#include <cstdint>
#include <string>

namespace hone {

struct Finding {
    std::string rule;    // "wrong_result", "race", ...
    std::string message; // first bad index, expected and got, or the compiler's or checker's text
    std::string file;    // of the kernel's source; empty where no place is known
    int line = 0;
    std::int64_t count = 1;
};

// Something counted exactly while a candidate ran: "warp_instructions".
struct Count {
    std::string name;
    std::int64_t value = 0;
};

} // namespace hone
