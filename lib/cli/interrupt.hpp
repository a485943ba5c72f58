// Ctrl-C and kill: the first asks for an orderly end, the second ends the program at once.
#pragma once

#include <atomic>

namespace hone::cli {

// Installs handlers of SIGINT and SIGTERM for the rest of the process.
[[nodiscard]] const std::atomic<bool>& watch_interrupts();
// 130 or 143 after a signal, 0 before.
[[nodiscard]] int interrupt_code() noexcept;

} // namespace hone::cli
