// Proves and times candidates of one problem on one device (DESIGN 8): verify, screen, race, final.
#pragma once

#include "hone/contract.hpp"
#include "hone/fact.hpp"
#include "hone/policy.hpp"
#include "lib/worker/device_worker.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hone {

// What became of one candidate: everything of a fact that measuring decides.
struct Measured {
    Outcome outcome = Outcome::ok;
    std::string detail;                // first bad index, expected and got; signal; limit
    std::vector<Finding> reports = {}; // of a backend that checks every access
    TimeSummary time;                  // censored: median_ps is the bound it ran into
    ErrorPair kernel_error, total_error, plain_error;
    std::uint64_t energy_uj = 0;
    std::uint64_t workspace_bytes = 0;
};

struct MeasureOptions {
    Policy policy;
    std::uint64_t seed = 0;  // of the inputs
    bool energy = false;     // finals measure it, where policy and device can
    double interval = 0.005; // relative half width of the 99 % interval that ends a final
    const std::atomic<bool>* stop = nullptr;
};

// One thread at a time. Making one draws the inputs of the first operand sets and sets the worker's
// problem; references are computed when first needed and kept for its lifetime. Every call throws
// what DeviceWorker::start throws: Error(unavailable), Error(device_lost). Stopped before it began,
// a candidate is skipped.
class Measurer final {
  public:
    Measurer(DeviceWorker& worker, const Operation& operation, const Problem& problem,
             MeasureOptions options);
    ~Measurer();
    Measurer(const Measurer&) = delete;
    Measurer& operator=(const Measurer&) = delete;

    // Checks the candidate on the first operand sets, then takes 3 samples. `incumbent_ps` 0: none.
    // A first run slower than 4x the incumbent is censored.
    [[nodiscard]] Measured screen(const Executable& candidate, std::uint64_t incumbent_ps);

    // Checks the candidate on all operand sets and takes no times (hone verify).
    [[nodiscard]] Measured check(const Executable& candidate);

    // Checks screened candidates on all operand sets, then narrows them by doubling samples while
    // their intervals overlap the best one's, until at most `keep` are left or `seconds` have
    // passed. One entry per candidate, in order; losers have the time they had when they left.
    struct Raced {
        Measured measured;
        bool kept = false;
    };
    [[nodiscard]] std::vector<Raced> race(std::span<const Executable* const> candidates, int keep,
                                          double seconds);

    // All in one process, interleaved in rotating order, until every interval is narrow or
    // `seconds` have passed (then marked noisy). Everything is checked on all operand sets before
    // and once more after. A contender that fails is reported and left out of the rest. Stopped or
    // out of time, it still takes a few samples of each.
    [[nodiscard]] std::vector<Measured> final(std::span<const Executable* const> contenders,
                                              double seconds);

    // Exact leading dimensions of the operands, in order of the args, 0 where there is none.
    [[nodiscard]] std::vector<std::int64_t> leading() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace hone
