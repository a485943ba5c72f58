// Offline tuning, benchmarking and verifying. Candidates compile and run in worker processes;
// nothing they do can harm the caller.
#pragma once

#include "hone/device.hpp"
#include "hone/fact.hpp"
#include "hone/finding.hpp"
#include "hone/observer.hpp"
#include "hone/registry.hpp"
#include "hone/winner.hpp"
#include "hone/workload.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hone {

// Over the whole workload; whichever ends first.
struct Budget {
    std::optional<double> seconds;
    // Candidates that searches measure, those known already included; never exceeded. What is
    // measured beside them does not count: the fallback, the race and the final.
    std::optional<std::int64_t> trials;
};

struct Shard {
    int index = 0, count = 1; // items whose rendezvous hash falls to `index`
};

// What a winner is best in. Searching is by time in any case: of the fastest few the one with the
// least energy, or energy times delay, is named.
enum class Objective : std::uint8_t { time, energy, edp };

struct TuneOptions {
    std::string search = "portfolio";
    std::vector<std::string> families; // empty: all that support the problem
    Budget budget;
    std::uint64_t seed = 0;
    int jobs = 0;       // compile workers; 0: one per core
    bool fresh = false; // measure again what is known
    bool dry_run = false;
    std::optional<double> max_error; // overrides the items' contracts
    std::string policy;              // empty: the backend's default
    Objective objective = Objective::time;
    Shard shard;
    // Deadlines of one candidate.
    double compile_seconds = 30, run_seconds = 10;
    // Set from a signal handler: the first request ends the trial and keeps the best.
    const std::atomic<bool>* stop = nullptr;
};

// One problem on one device, after a final: times are of that final's interleaved run.
struct Contender {
    std::string family;
    std::string config;
    bool vendor = false;
    bool servable = true;
    TimeSummary time;
    ErrorPair kernel_error, total_error, plain_error;
    std::uint64_t energy_uj = 0; // of one launch; 0: not measured
};

struct TuneResult {
    std::string problem;     // short text
    std::string problem_key; // canonical text
    std::string name, phase;
    double weight = 1;
    std::string device;              // Device::id
    std::optional<Contender> winner; // hone's own best: not of a vendor family
    std::optional<Contender> served; // what a lookup would hand out
    std::optional<Contender> fallback;
    std::vector<Contender> vendors;
    double gflops = 0;                  // of the winner
    std::int64_t trials = 0, known = 0; // of the search: measured now, known before
    std::map<Outcome, std::int64_t> failed;
    double seconds = 0;
    bool interrupted = false;
    std::string missing; // no family serves the problem: which, and why
};

struct TuneReport {
    std::vector<TuneResult> results;
    bool kept = true; // false: some store could not keep the facts
    std::vector<std::string> warnings;
    bool interrupted = false;
};

// Stores are written in order; reading is their union. Throws Error(unavailable) when the device,
// its compiler or every worker is gone. Blocks.
[[nodiscard]] TuneReport tune(const Registry& registry, const Options& options,
                              const Workload& workload, const Device& device,
                              std::span<Store* const> stores, const TuneOptions& tune_options,
                              Observer& observer);

// Winner, fallback and vendor libraries, interleaved, with no search. Facts of the run are
// appended.
struct BenchOptions {
    double seconds = 3; // per problem
    std::string policy;
    std::optional<double> max_error;
    const std::atomic<bool>* stop = nullptr;
};
[[nodiscard]] TuneReport bench(const Registry& registry, const Options& options,
                               const Workload& workload, const Device& device,
                               std::span<Store* const> stores, const BenchOptions& bench_options,
                               Observer& observer);

// The config of one fact again, beside fallback and vendor libraries, by the fact's own policy
// where the options name none. What is measured is kept as new facts.
struct RerunReport {
    Fact then, now;      // now: its outcome and detail say what failed
    std::string problem; // short text
    std::string device;  // Device::id
    std::optional<Contender> fallback;
    std::vector<Contender> vendors;
    bool kept = true, interrupted = false;
};
// Throws Error(unavailable) when the fact's family is not here in its revision, Error(workload)
// when nothing here knows its problem.
[[nodiscard]] RerunReport rerun(const Registry& registry, const Options& options, const Fact& fact,
                                const Device& device, std::span<Store* const> stores,
                                const BenchOptions& bench_options, Observer& observer);

using VerifyReport = Finding;
struct VerifyResult {
    std::string problem, device, family, config;
    Outcome outcome = Outcome::ok;
    ErrorPair kernel_error, total_error;
    std::vector<VerifyReport> reports;
};
struct VerifyOptions {
    std::vector<std::string> families;
    std::optional<std::int64_t> sample; // configs covering pairs of parameter values; nothing: all
    std::uint64_t seed = 0;
    int jobs = 0;
    bool proxies = false; // on the smallest problem that takes every path
    double compile_seconds = 30, run_seconds = 10;
    const std::atomic<bool>* stop = nullptr;
};
[[nodiscard]] std::vector<VerifyResult> verify(const Registry& registry, const Options& options,
                                               const Workload& workload, const Device& device,
                                               const VerifyOptions& verify_options,
                                               Observer& observer);

} // namespace hone
