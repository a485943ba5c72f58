#include "lib/cli/interrupt.hpp"

#include <csignal>
#include <unistd.h>

namespace hone::cli {

namespace {

// A signal handler can reach nothing but what stands here.
std::atomic<bool> stop_asked{false};
std::atomic<int> last_signal{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int signal) {
    // Workers are told by the kernel when this process is gone.
    if (stop_asked.exchange(true)) _exit(128 + signal);
    last_signal = signal;
}

} // namespace

const std::atomic<bool>& watch_interrupts() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    // A reader that went away shows as a failed write, which ends the output and nothing else.
    std::signal(SIGPIPE, SIG_IGN);
    return stop_asked;
}

int interrupt_code() noexcept {
    const int signal = last_signal;
    return signal ? 128 + signal : 0;
}

} // namespace hone::cli
