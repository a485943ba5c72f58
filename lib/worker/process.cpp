#include "lib/worker/process.hpp"

#include "hone/error.hpp"
#include "lib/worker/death.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <utility>

extern char** environ;

namespace hone {

namespace {

constexpr std::size_t output_kept_bytes = 4096;
constexpr const char* hint = "build it (./dev build), or name it in HONE_WORKER";

[[noreturn]] void fail(const std::string& what) { throw Error(Errc::unavailable, what, hint); }

// posix_spawn's attributes and actions, freed together.
class SpawnPlan final {
  public:
    SpawnPlan() {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
    }
    ~SpawnPlan() {
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

// A pipe whose writers never wait: a candidate that prints for ever must not be stopped by a reader
// that is busy elsewhere.
std::pair<Descriptor, Descriptor> output_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        fail(fmt::format("no pipe for a worker: {}", std::strerror(errno)));
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

} // namespace

void require_worker_program(const Options& options) {
    if (options.worker.empty()) fail("no worker program is known");
    if (::access(options.worker.c_str(), X_OK) == 0) return;
    fail(fmt::format("cannot run the worker program {}: {}", options.worker.string(),
                     std::strerror(errno)));
}

Hello hello(const Options& options, std::string backend, Device device, std::int64_t memory_bytes) {
    Hello hello{std::move(backend), std::move(device), {}, options.cache_folder.string(),
                memory_bytes,       options.libraries};
    for (const auto& folder : options.plugin_folders)
        hello.plugin_folders.push_back(folder.string());
    return hello;
}

WorkerProcess::WorkerProcess(const Options& options, const char* role, const Hello& hello)
    : program_(options.worker.string()) {
    auto [ours, theirs] = Channel::pair();
    auto [read_end, write_end] = output_pipe();

    SpawnPlan plan;
    posix_spawn_file_actions_addopen(&plan.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&plan.actions, write_end.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&plan.actions, write_end.get(), STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&plan.actions, theirs.file(), worker_control_file);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setpgroup(&plan.attributes, 0);
    posix_spawnattr_setsigmask(&plan.attributes, &none);
    posix_spawnattr_setsigdefault(&plan.attributes, &all);
    posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                   POSIX_SPAWN_SETSIGDEF);

    std::string name = program_, role_text = role;
    const std::array<char*, 3> arguments{name.data(), role_text.data(), nullptr};
    const int error = ::posix_spawn(&pid_, program_.c_str(), &plan.actions, &plan.attributes,
                                    arguments.data(), environ);
    if (error != 0) {
        pid_ = -1;
        fail(fmt::format("cannot start the worker program {}: {}", program_, std::strerror(error)));
    }
    control_ = std::move(ours);
    output_ = std::move(read_end);
    // A worker that is gone already shows when its answer is read.
    (void)control_.send(hello, after(start_seconds));
}

WorkerProcess::~WorkerProcess() {
    if (!status_) (void)kill();
}

void WorkerProcess::drain() {
    std::array<char, 4096> chunk;
    while (output_) {
        const ssize_t n = ::read(output_.get(), chunk.data(), chunk.size());
        if (n == 0) output_.reset();
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        printed_.append(chunk.data(), static_cast<std::size_t>(n));
        if (printed_.size() > 2 * output_kept_bytes)
            printed_.erase(0, printed_.size() - output_kept_bytes);
    }
}

std::string WorkerProcess::last_output() {
    drain();
    std::string text = printed_.size() > output_kept_bytes
                           ? printed_.substr(printed_.size() - output_kept_bytes)
                           : printed_;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

void WorkerProcess::forget_output() {
    drain();
    printed_.clear();
}

bool WorkerProcess::wait_until_ready(Deadline deadline) {
    if (ready_) return true;
    Frame frame;
    const Received received = control_.receive(frame, deadline);
    return accept(received, frame);
}

bool WorkerProcess::accept(Received received, const Frame& frame) {
    switch (received) {
    case Received::nothing:
    case Received::closed:
        return false;
    case Received::foreign:
        throw Error(Errc::unavailable,
                    fmt::format("the worker program {} speaks protocol {}, this hone speaks {}",
                                program_, control_.foreign_version(), protocol_version),
                    "install hone and its worker from the same build, or mend HONE_WORKER");
    case Received::garbage:
        fail(fmt::format("the worker program {} does not speak hone's protocol", program_));
    case Received::frame:
        break;
    }
    if (frame.type == MessageType::refused) rethrow(frame);
    if (frame.type != MessageType::ready)
        fail(fmt::format("the worker program {} does not greet back", program_));
    ready_ = true;
    return true;
}

std::string WorkerProcess::complaint() {
    const int status = kill();
    std::string text =
        fmt::format("the worker program {} did not start: {}", program_, describe_exit(status));
    if (const std::string output = last_output(); !output.empty()) text += "\n" + output;
    return text;
}

std::optional<int> WorkerProcess::ended(Deadline deadline) {
    while (!status_) {
        int status = 0;
        const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
        if (ended == pid_) status_ = status;
        // A host that ignores SIGCHLD has the kernel reap; how it ended is lost then.
        if (ended < 0 && errno == ECHILD) status_ = 0;
        if (status_ || Clock::now() >= deadline) break;
        ::poll(nullptr, 0, 1);
    }
    return status_;
}

int WorkerProcess::kill() {
    if (status_) return *status_;
    // A process on its way out keeps the status it is dying of.
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    control_.close();
    // One stuck in the kernel (a driver) is left behind rather than waited for.
    if (!ended(after(5))) status_ = SIGKILL;
    return *status_;
}

void WorkerProcess::dismiss() {
    control_.close();
    if (!ended(after(1))) (void)kill();
}

void rethrow(const Frame& frame) {
    Refused refused{Errc::internal, "a worker refused without a word", {}};
    try {
        refused = decode<Refused>(frame.payload);
    } catch (const Malformed&) {
        // What stands above is thrown.
    }
    throw Error(refused.code, refused.what, refused.hint);
}

} // namespace hone
