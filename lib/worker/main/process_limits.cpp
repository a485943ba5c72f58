#include "lib/worker/main/process_limits.hpp"

#include "lib/worker/main/descendants.hpp"

#include <csignal>
#include <fstream>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HONE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HONE_SANITIZED 1
#endif
#endif

namespace hone::worker {

namespace {

// Sent when the thread that started this process ends, which may be long before its process does:
// hence a signal that is looked into, instead of SIGKILL.
constexpr int parent_signal = SIGUSR2;
pid_t parent = 0; // for the handler; set once before it is installed

void on_parent_signal(int) {
    if (::getppid() == parent) return;
    end_children();
    ::kill(0, SIGKILL);
}

} // namespace

bool prepare_process() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    std::ofstream("/proc/self/oom_score_adj") << 500;
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);

    parent = ::getppid();
    struct sigaction action {};
    action.sa_handler = on_parent_signal;
    action.sa_flags = SA_RESTART;
    ::sigaction(parent_signal, &action, nullptr);
    ::prctl(PR_SET_PDEATHSIG, parent_signal);
    return ::getppid() == parent;
}

void limit_memory(std::int64_t bytes) {
#ifdef HONE_SANITIZED
    static_cast<void>(bytes);
#else
    if (bytes <= 0) return;
    // Pages: size, resident, shared, text, library, data and stack.
    std::ifstream statm("/proc/self/statm");
    std::int64_t pages = 0;
    for (int i = 0; i < 6; ++i) statm >> pages;
    if (!statm) return;
    const auto limit = static_cast<rlim_t>(pages * ::sysconf(_SC_PAGESIZE) + bytes);
    const rlimit both{limit, limit};
    ::setrlimit(RLIMIT_DATA, &both);
#endif
}

} // namespace hone::worker
