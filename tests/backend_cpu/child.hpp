// Runs something in a forked child and tells how that ended.
#pragma once

#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hone::test {

// wait()'s status of a child that ran `body` and then exited with what it returned.
template <typename Body> int status_of_child(Body&& body) {
    const pid_t child = fork();
    if (child == 0) {
        for (const int sig : {SIGSEGV, SIGBUS, SIGABRT}) signal(sig, SIG_DFL);
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        alarm(60);
        _exit(body());
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

// The signal that ended the child, 0 when it ended by itself.
template <typename Body> int signal_of_child(Body&& body) {
    const int status = status_of_child([&] {
        body();
        return 0;
    });
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

// The child's exit code, -1 when a signal ended it.
template <typename Body> int exit_of_child(Body&& body) {
    const int status = status_of_child(body);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace hone::test
