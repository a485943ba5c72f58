// The tool's side of a device worker, shared by DeviceWorker and its Run.
#pragma once

#include "lib/worker/device_worker.hpp"
#include "lib/worker/message.hpp"
#include "lib/worker/process.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hone {

struct DeviceWorker::Impl {
    Options options;
    Hello greeting;
    Isolation isolation = Isolation::fork_per_candidate;
    RunLimits limits;

    std::optional<WorkerProcess> process;
    std::int64_t processes = 0; // started so far

    std::optional<SetProblem> problem;
    std::vector<std::string> names; // of its operands
    std::vector<std::shared_ptr<const OperandMemory>> sets;
    bool problem_sent = false;

    // Number of the present or last run: a Run with another number is over.
    std::uint64_t run = 0;
    bool running = false;

    void spawn();
    void send_problem();
    // Ends the present run; the process goes too if it does not manage within a second.
    void end_run();
    // How the process of the present run ended by itself: a moment is allowed between a channel
    // that closes and the end that closed it.
    [[nodiscard]] std::optional<int> run_ended();
    // Kills that process. Where runs live in the worker itself, that goes too.
    void kill_run();
    // The worker has ended, or is to: its last lines.
    std::string drop_process();
    // Largest set, for time limits of whatever touches all its bytes.
    [[nodiscard]] std::size_t set_bytes() const;

  private:
    [[nodiscard]] std::optional<int> wait_run_ended(double seconds);
};

} // namespace hone
