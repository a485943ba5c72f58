// Compiling candidates where there is no device: `hone compile`.
#pragma once

#include "hone/device.hpp"
#include "hone/observer.hpp"
#include "hone/registry.hpp"
#include "hone/tuner.hpp"
#include "hone/workload.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hone {

struct CompileOptions {
    std::vector<std::string> families;   // empty: all that support the problem
    std::optional<std::int64_t> sample;  // configs covering pairs of parameter values; nothing: all
    bool winners = false;                // only what the stores name as winner for the device model
    std::uint64_t seed = 0;              // of the sample
    int jobs = 0;                        // compile workers; 0: one per core
    double compile_seconds = 30;         // limit of one module
    std::int64_t most_spill_bytes = 256; // a kernel that spills more is pruned
    Shard shard;                         // by problem and family and config
    std::filesystem::path bundle; // written to, and gone on with where it exists; may be empty
    std::string signing_seed;     // 64 hexadecimal digits; empty: unsigned
    const std::atomic<bool>* stop = nullptr;
};

struct CompiledCandidate {
    std::string problem; // short text
    std::string arch;
    std::string family, config;
    // ok, compile_failed, compile_timeout, out_of_memory, invalid_config; skipped: pruned.
    Outcome outcome = Outcome::ok;
    std::string detail; // why not ok
    // Over the candidate's modules: largest registers, spills and stack, shared memory of the step
    // that takes most, static and dynamic.
    Resources resources;
    double seconds = 0; // of compiling; 0 when the binaries were there already
    Digest program{};
};

// Candidates of every problem for one device model, compiled, judged by the limits of the device
// and by what the compiler says of them. Those that are ok go into the bundle, at the end and
// whenever a minute has passed. `stores` are read for winners. Throws Error(unavailable) when there
// is no compiler, Error(not_kept) when the bundle cannot be written.
[[nodiscard]] std::vector<CompiledCandidate>
compile(const Registry& registry, const Options& options, const Workload& workload,
        const DeviceModel& device, std::span<Store* const> stores,
        const CompileOptions& compile_options, Observer& observer);

} // namespace hone
