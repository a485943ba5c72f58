#include "kernels.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

namespace worker_test {

namespace {

using hone::Status;

Status ok(const Arguments& a) {
    for (std::int64_t i = 0; i < a.n; ++i) {
        a.workspace[i] = a.x()[i];
        a.y()[i] = a.scale() * a.workspace[i];
        a.z()[i] += a.x()[i];
    }
    return Status::ok;
}

Status ok_threads(const Arguments& a) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
        threads.emplace_back([&a, t] {
            for (std::int64_t i = t; i < a.n; i += 2) {
                a.y()[i] = a.scale() * a.x()[i];
                a.z()[i] += a.x()[i];
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    return Status::ok;
}

Status ok_prepared(const Arguments& a) {
    const auto* negated = static_cast<const float*>(a.prepared[0]);
    for (std::int64_t i = 0; i < a.n; ++i) {
        a.y()[i] = -a.scale() * negated[i];
        a.z()[i] -= negated[i];
    }
    return Status::ok;
}

Status nothing(const Arguments&) { return Status::ok; }
Status refuses(const Arguments&) { return Status::invalid_argument; }
Status sticky(const Arguments&) { return Status::device_error; }

// Out of the optimiser's sight.
template <typename T> T hidden(T value) {
    volatile T copy = value;
    return copy;
}

Status null_write(const Arguments&) {
    *hidden(reinterpret_cast<volatile int*>(8)) = 1;
    return Status::ok;
}

Status null_write_in_thread(const Arguments& a) {
    std::thread([&a] { (void)null_write(a); }).join();
    return Status::ok;
}

Status wild_jump(const Arguments&) {
    hidden(reinterpret_cast<void (*)()>(std::uintptr_t{0x123456}))();
    return Status::ok;
}

Status trap(const Arguments&) { __builtin_trap(); }

Status break_point(const Arguments&) {
    ::raise(SIGTRAP);
    return Status::ok;
}

Status division(const Arguments& a) {
    ::raise(SIGFPE);
    return a.n > 0 ? Status::ok : Status::internal;
}

Status aborts(const Arguments&) {
    std::fputs("assertion failed: tile fits\n", stderr);
    std::abort();
}

int overflow(int depth) {
    volatile char frame[1024];
    frame[0] = static_cast<char>(depth);
    return hidden(&overflow)(depth + 1) + frame[0];
}

Status stack_overflow(const Arguments&) {
    return overflow(0) == 42 ? Status::internal : Status::ok;
}

Status endless(const Arguments&) {
    for (std::atomic<int> i = 0;; ++i) {
    }
}

Status endless_deaf(const Arguments& a) {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    return endless(a);
}

Status endless_chatty(const Arguments&) {
    while (true) std::puts("all work and no play makes a dull candidate");
}

Status past_output(const Arguments& a) {
    hidden(a.y())[a.n + 2] = 1;
    return ok(a);
}

Status far_past_output(const Arguments& a) {
    hidden(a.y())[a.n + 64] = 1;
    return ok(a);
}

Status before_output(const Arguments& a) {
    for (int i = 1; i < 1100; ++i) hidden(a.y())[-i] = 1;
    return ok(a);
}

Status past_workspace(const Arguments& a) {
    hidden(a.workspace)[a.n + 64] = 1;
    return ok(a);
}

Status reads_past_input(const Arguments& a) {
    return hidden(a.x())[a.n + 64] == 1 ? Status::internal : ok(a);
}

Status writes_input(const Arguments& a) {
    const_cast<float*>(hidden(a.x()))[3] = 7;
    return ok(a);
}

Status exits(const Arguments&) { std::_Exit(0); }

Status closes_files(const Arguments& a) {
    for (int file = 0; file < 1024; ++file) ::close(file);
    return ok(a);
}

Status closes_files_and_stays(const Arguments& a) {
    for (int file = 0; file < 1024; ++file) ::close(file);
    return endless(a);
}

Status writes_files(const Arguments& a) {
    const std::array<char, 64> garbage{"\xff\xff\xff\xff\xff\xff\xff\xff garbage for everybody"};
    for (int file = 0; file < 1024; ++file) {
        ::fcntl(file, F_SETFL, O_NONBLOCK);
        (void)!::write(file, garbage.data(), garbage.size());
    }
    return ok(a);
}

// One process in the group, one that hides in a session of its own, both out of reach of wait.
Status leaves_processes(const Arguments& a) {
    for (const bool hide : {false, true}) {
        const pid_t child = ::fork();
        if (child != 0) continue;
        if (hide) ::setsid();
        if (::fork() == 0) ::sleep(600);
        ::_exit(0);
    }
    ::usleep(20'000);
    return ok(a);
}

Status leaves_processes_and_stays(const Arguments& a) {
    (void)leaves_processes(a);
    return endless(a);
}

Status eats_memory(const Arguments& a) {
    std::vector<std::unique_ptr<char[]>> blocks;
    while (true) {
        blocks.push_back(std::make_unique<char[]>(std::size_t{1} << 20));
        if (blocks.size() > std::size_t{1} << 20) return ok(a);
    }
}

Status throws(const Arguments&) { throw std::runtime_error("a candidate that throws"); }

Status kills_itself(const Arguments&) {
    ::kill(::getpid(), SIGKILL);
    return Status::ok;
}

Status kills_group(const Arguments&) {
    ::kill(0, SIGKILL);
    return Status::ok;
}

Status slow(const Arguments& a) {
    ::usleep(5'000);
    return ok(a);
}

constexpr Body bodies[] = {
    {"ok", ok},
    {"ok_threads", ok_threads},
    {"ok_prepared", ok_prepared},
    {"nothing", nothing},
    {"refuses", refuses},
    {"sticky", sticky},
    {"null_write", null_write},
    {"null_write_in_thread", null_write_in_thread},
    {"wild_jump", wild_jump},
    {"trap", trap},
    {"break_point", break_point},
    {"division", division},
    {"aborts", aborts},
    {"stack_overflow", stack_overflow},
    {"endless", endless},
    {"endless_deaf", endless_deaf},
    {"endless_chatty", endless_chatty},
    {"past_output", past_output},
    {"far_past_output", far_past_output},
    {"before_output", before_output},
    {"past_workspace", past_workspace},
    {"reads_past_input", reads_past_input},
    {"writes_input", writes_input},
    {"exits", exits},
    {"closes_files", closes_files},
    {"closes_files_and_stays", closes_files_and_stays},
    {"writes_files", writes_files},
    {"leaves_processes", leaves_processes},
    {"leaves_processes_and_stays", leaves_processes_and_stays},
    {"eats_memory", eats_memory},
    {"throws", throws},
    {"kills_itself", kills_itself},
    {"kills_group", kills_group},
    {"slow", slow},
};

} // namespace

const Body* find_body(std::string_view name) {
    for (const Body& body : bodies) {
        if (body.name == name) return &body;
    }
    return nullptr;
}

} // namespace worker_test
