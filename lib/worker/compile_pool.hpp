// Compile workers: processes, so that an endless or crashing compile costs one candidate.
#pragma once

#include "hone/backend.hpp"
#include "hone/options.hpp"
#include "lib/device/binary_cache.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hone {

struct CompileLimits {
    double seconds = 30;                   // of wall time for one module
    std::int64_t memory_bytes = 4LL << 30; // of private memory a worker may take beyond its start
};

struct Compiled {
    std::uint64_t ticket = 0;
    // compile_failed also when the compiler crashed; compile_timeout, out_of_memory.
    CompileResult result;
    double seconds = 0;
    bool cached = false;
};

// One thread at a time. Workers are started when the first job that is not in the cache needs them,
// one per job slot, and live until the pool is destroyed.
class CompilePool final {
  public:
    // Throws Error(unavailable) when the worker program is missing. `backend` must outlive it.
    CompilePool(const Options& options, const Backend& backend, const DeviceModel& device,
                BinaryCache cache, int jobs, CompileLimits limits);
    ~CompilePool();
    CompilePool(const CompilePool&) = delete;
    CompilePool& operator=(const CompilePool&) = delete;

    // Starts up to that many workers without waiting for them. Throws Error(unavailable).
    void prestart(int workers);
    // Library and binary modules are ready at once.
    void submit(std::uint64_t ticket, Module module);
    [[nodiscard]] std::size_t pending() const noexcept;
    // Blocks until at least one job has ended, or `seconds` passed; nothing pending: returns at
    // once. Throws Error(unavailable) when no worker can be started, or has no compiler.
    [[nodiscard]] std::vector<Compiled> wait(double seconds);
    // Kills what is being compiled and forgets what waits.
    void cancel();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace hone
