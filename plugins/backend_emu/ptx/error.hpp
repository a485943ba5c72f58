// What is wrong with a PTX text, and where.
#pragma once

#include "hone/error.hpp"
#include "types.hpp"

#include <string>

namespace hone::emu::ptx {

// Errc::workload with "FILE:LINE: MESSAGE", LINE being of the PTX text.
[[noreturn]] inline void fail(const std::string& file, u32 line, const std::string& message,
                              std::string hint = {}) {
    throw Error(Errc::workload, file + ":" + std::to_string(line) + ": " + message,
                std::move(hint));
}

} // namespace hone::emu::ptx
