#include "foreign_load.hpp"

#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace hone::cpu {
namespace {

constexpr std::int64_t time_slice_ns = 1'000'000; // what being forced off a CPU costs at least

// "cpu_ns delay_ns slices" (Linux Documentation/scheduler/sched-stats.rst); -1 when there is no
// such file or the thread has ended.
std::int64_t delay_ns(int file) noexcept {
    char text[96];
    const ssize_t length = pread(file, text, sizeof text, 0);
    if (length <= 0) return -1;
    const char* at = text;
    while (at != text + length && *at != ' ') ++at;
    if (at == text + length) return -1;
    std::int64_t delay = -1;
    std::from_chars(at + 1, text + length, delay);
    return delay;
}

} // namespace

ForeignLoad::ForeignLoad() {
    std::error_code error;
    for (std::filesystem::directory_iterator at("/proc/self/task", error), end; !error && at != end;
         at.increment(error)) {
        const std::string path = at->path().string() + "/schedstat";
        const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file >= 0) files_.push_back(file);
    }
}

ForeignLoad::~ForeignLoad() {
    for (const int file : files_) close(file);
}

std::int64_t ForeignLoad::lost_ns() const noexcept {
    if (files_.empty()) {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_nivcsw * time_slice_ns;
    }
    std::int64_t lost = 0;
    for (const int file : files_)
        if (const std::int64_t delay = delay_ns(file); delay > 0) lost += delay;
    return lost;
}

} // namespace hone::cpu
