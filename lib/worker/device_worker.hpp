// The process that runs candidates. Whatever a candidate does, the tool sees a report.
#pragma once

#include "hone/backend.hpp"
#include "hone/options.hpp"
#include "lib/worker/operand_memory.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hone {

// A program with its compiled modules, in the order of Program::modules.
struct Executable {
    Program program;
    std::vector<Binary> binaries;
};

// What a call into a run showed. Once `run.poisoned`, the process is gone and every later call of
// the same run reports the same.
struct CheckReport {
    RunReport run;
    std::int64_t duration_ps = 0; // of the launch, waited for
};
struct SampleReport {
    RunReport run;
    int program = -1;             // whose launch failed, where known
    std::vector<Samples> samples; // one per program asked for, empty unless run is ok
};

class DeviceWorker;

// One process with some programs loaded: a child forked from the worker where sessions survive
// fork, else the worker itself. Destroying a run ends its child, or unloads. Any call may throw
// Error(device_lost).
class Run final {
  public:
    ~Run();
    Run(Run&&) noexcept;
    Run& operator=(Run&&) = delete;

    // Loads one more program; its number is the count of those loaded before. Reports
    // launch_failed, crash, hang, ...
    [[nodiscard]] RunReport load(const Executable& executable);
    // Poisons outputs and workspace, restores inout operands, launches once on operand set `set`,
    // checks the guards and leaves what was written in OperandMemory::results.
    [[nodiscard]] CheckReport check(int program, int set);
    // `rounds` interleaved samples of each program on operand set `set` (cold policies rotate over
    // copies that the worker makes). May return fewer when `seconds` have passed.
    [[nodiscard]] SampleReport sample(std::span<const int> programs, int set, const Policy& policy,
                                      int rounds, double seconds);

  private:
    friend class DeviceWorker;
    struct Impl;
    explicit Run(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

struct RunLimits {
    double load_seconds = 10;
    double launch_seconds = 10;             // a launch that takes longer hangs
    std::int64_t memory_bytes = 16LL << 30; // private host memory a forked run may take
};

// One thread at a time, one Run at a time. The worker is started by the first call that needs it
// and replaced whenever it died or was poisoned.
class DeviceWorker final {
  public:
    // Throws Error(unavailable) when the worker program is missing.
    DeviceWorker(const Options& options, const Backend& backend, const Device& device,
                 RunLimits limits);
    ~DeviceWorker();
    DeviceWorker(const DeviceWorker&) = delete;
    DeviceWorker& operator=(const DeviceWorker&) = delete;

    // Starts the worker without waiting for it, so that it is ready when start() needs it. Throws
    // Error(unavailable).
    void prestart();
    // The problem that runs work on from now on, and its operand sets, whose inputs are filled in.
    // Uploaded once per worker process. Ends the present run.
    void set_problem(const Operation& operation, const Problem& problem,
                     std::vector<std::shared_ptr<const OperandMemory>> sets);
    // Throws Error(unavailable) when no worker can be started (three tries), Error(device_lost)
    // when the device is gone.
    [[nodiscard]] Run start();
    [[nodiscard]] std::int64_t respawns() const noexcept;

  private:
    friend class Run;
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace hone
