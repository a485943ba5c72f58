#include "lib/worker/main/descendants.hpp"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

// Only async-signal-safe calls: no allocation, no stdio.

namespace hone::worker {

namespace {

// "/proc/self/task/<pid>/children": those of the main thread, which forks and adopts.
void children_path(char (&path)[64]) noexcept {
    char digits[16];
    int count = 0;
    for (pid_t pid = ::getpid(); pid > 0; pid /= 10)
        digits[count++] = static_cast<char>('0' + pid % 10);
    std::size_t at = 0;
    for (const char* part = "/proc/self/task/"; *part != '\0'; ++part) path[at++] = *part;
    while (count > 0) path[at++] = digits[--count];
    for (const char* part = "/children"; *part != '\0'; ++part) path[at++] = *part;
    path[at] = '\0';
}

// Sends SIGKILL to as many children as one reading names. They are not reaped yet, so their numbers
// are theirs.
void kill_children() noexcept {
    char path[64];
    children_path(path);
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    char text[4096];
    const ssize_t size = ::read(file, text, sizeof text);
    ::close(file);
    pid_t pid = 0;
    for (ssize_t i = 0; i < size; ++i) {
        if (text[i] >= '0' && text[i] <= '9') {
            pid = pid * 10 + (text[i] - '0');
        } else {
            if (pid > 0) ::kill(pid, SIGKILL);
            pid = 0;
        }
    }
}

} // namespace

void end_children() noexcept {
    for (int tries = 0; tries < 1000; ++tries) {
        kill_children();
        pid_t reaped = 0;
        do {
            reaped = ::waitpid(-1, nullptr, WNOHANG);
        } while (reaped > 0);
        if (reaped < 0 && errno == ECHILD) return;
        ::poll(nullptr, 0, 1);
    }
}

int end_child(pid_t child) noexcept {
    // The group goes by its number while its leader is not reaped.
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    end_children();
    return status;
}

} // namespace hone::worker
