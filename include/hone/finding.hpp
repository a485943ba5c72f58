// One thing that a check found in a candidate.
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

} // namespace hone
