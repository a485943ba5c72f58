// A worker process, as its owner sees it.
#pragma once

#include "hone/options.hpp"
#include "lib/worker/channel.hpp"
#include "lib/worker/descriptor.hpp"
#include "lib/worker/message.hpp"

#include <optional>
#include <string>
#include <sys/types.h>

namespace hone {

// Throws Error(unavailable) with what to do when options.worker cannot be run.
void require_worker_program(const Options& options);

// What a worker needs to know of its owner's options.
[[nodiscard]] Hello hello(const Options& options, std::string backend, Device device,
                          std::int64_t memory_bytes);

// Leads its own process group, so that one signal ends it with all it started. Killed by its
// destructor. One thread at a time.
class WorkerProcess final {
  public:
    static constexpr double start_seconds = 30; // until Ready; plugins are loaded meanwhile
    static constexpr int start_tries = 3;       // before a program that does not start is given up
    // Between a channel that closes and the end of the process that closed it.
    static constexpr double close_seconds = 0.2;

    // Starts the program in a role and greets it, without waiting for its answer. Throws
    // Error(unavailable).
    WorkerProcess(const Options& options, const char* role, const Hello& hello);
    ~WorkerProcess();
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;

    [[nodiscard]] Channel& control() noexcept { return control_; }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    // What it prints; to be polled and drained now and then, else the rest is dropped.
    [[nodiscard]] int output() const noexcept { return output_.get(); }
    void drain();
    // The last lines printed since forget_output(), at most 4 KiB.
    [[nodiscard]] std::string last_output();
    void forget_output();

    // Waits for the answer to the greeting. False: it died or fell silent and may be replaced, and
    // complaint() says how. Throws the Error the worker refused with, or Error(unavailable) when
    // the program is none of ours.
    [[nodiscard]] bool wait_until_ready(Deadline deadline);
    // The same for a frame that was received on the control channel.
    [[nodiscard]] bool accept(Received received, const Frame& frame);
    [[nodiscard]] bool ready() const noexcept { return ready_; }
    [[nodiscard]] std::string complaint();

    // The status waitpid gave, once it ended by itself.
    [[nodiscard]] std::optional<int> ended(Deadline deadline);
    // SIGKILL to the group. What it died of before, if it did.
    int kill();
    // Closes the control channel, on which the worker cleans up and leaves; kills after a second.
    void dismiss();

  private:
    std::string program_;
    Channel control_;
    Descriptor output_;
    std::string printed_;
    pid_t pid_ = -1;
    std::optional<int> status_;
    bool ready_ = false;
};

// Throws the Error that a frame of type `refused` carries.
[[noreturn]] void rethrow(const Frame& frame);

} // namespace hone
