// Programs measured against each other in one process, which is replaced when one of them ends it.
#pragma once

#include "lib/measure/interleaving.hpp"
#include "lib/worker/device_worker.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace hone {

class Contest final {
  public:
    // Starts a process and loads everything. `contenders` and `worker` outlive it. Throws what
    // DeviceWorker::start throws, as every call below does.
    Contest(DeviceWorker& worker, std::span<const Executable* const> contenders, Policy policy);

    // Nothing while contender `i` is in. One that failed is out and is never run again.
    [[nodiscard]] const std::optional<RunReport>& failure(int i) const {
        return failures_[static_cast<std::size_t>(i)];
    }
    [[nodiscard]] std::vector<int> alive() const;
    // Takes a contender out that turned out to be wrong.
    void disqualify(int i, RunReport why);

    // One launch of a contender that is in, on an operand set.
    [[nodiscard]] CheckReport check(int i, int set);
    // `rounds` interleaved samples of each of `chosen`, all of which are in, on operand set 0. An
    // entry without samples and dropped ones failed meanwhile. Nothing when no samples could be
    // had: `until` passed before each had one, or the process ended over and over though no
    // contender does it alone. Asks `stop` about twice a second and returns early when it says so.
    [[nodiscard]] std::vector<Samples> sample(std::span<const int> chosen, int rounds,
                                              std::chrono::steady_clock::time_point until,
                                              const std::function<bool()>& stop);

    // Microjoules of one launch of each contender that is in, as the policy measures it; 0:
    // unknown. One sample of each is taken beside.
    [[nodiscard]] std::vector<std::int64_t> energy();

    // How often the process was replaced.
    [[nodiscard]] int restarts() const noexcept { return restarts_; }

  private:
    void start();
    void restart();
    [[nodiscard]] RunReport run_alone(int i);
    // After a process ended in a round of several: runs each alone and takes out those that fail.
    // False when none does.
    [[nodiscard]] bool find_culprits(std::span<const int> chosen);
    [[nodiscard]] SampleReport ask(std::span<const int> chosen, int rounds, double seconds);

    // Between finals, nobody's energy is measured.
    [[nodiscard]] static Policy without_energy(Policy policy) {
        policy.energy_ns = 0;
        return policy;
    }

    DeviceWorker& worker_;
    std::span<const Executable* const> contenders_;
    const std::int64_t energy_ns_;
    const Policy policy_;
    std::optional<Run> run_;
    std::vector<int> programs_; // of contenders in run_, -1: not loaded
    std::vector<std::optional<RunReport>> failures_;
    std::vector<double> launch_seconds_; // of the last check, 0: none
    std::size_t turn_ = 0;               // who begins
    int restarts_ = 0, unexplained_ = 0;
};

} // namespace hone
