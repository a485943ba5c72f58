// What all problems of one tuning run share.
#pragma once

#include "hone/backend.hpp"
#include "hone/registry.hpp"
#include "hone/tuner.hpp"
#include "lib/tune/compile_queue.hpp"
#include "lib/tune/keeper.hpp"
#include "lib/worker/device_worker.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

using Clock = std::chrono::steady_clock;

[[nodiscard]] inline Clock::duration seconds_of(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}
[[nodiscard]] inline double seconds_until(Clock::time_point when) {
    return std::chrono::duration<double>(when - Clock::now()).count();
}

// Compile workers for `jobs`, where 0 asks for one per core.
[[nodiscard]] int worker_count(int jobs);

struct SittingOptions {
    int jobs = 0;
    double compile_seconds = 30, run_seconds = 10;
    std::string policy; // empty: the backend's default
    const std::atomic<bool>* stop = nullptr;
};

// The device, its worker processes and the stores of one run. One thread at a time.
class Sitting final {
  public:
    Sitting(const Registry& registry, const Options& options, const Device& device,
            std::span<Store* const> stores, const SittingOptions& sitting_options,
            Observer& observer);

    const Registry& registry;
    const Device& device;
    const Backend& backend;
    const Policy policy;
    const SittingId id = random_sitting();
    const std::string device_text, tool, compiler;
    const int jobs;
    Observer& observer;
    const std::atomic<bool>* const stop;

    CompilePool pool;
    CompileQueue compiling{pool};
    DeviceWorker worker;
    FactKeeper keeper;

    // Starts worker processes without waiting for them: they load their plugins while the tool
    // reads its stores.
    void prestart();
    [[nodiscard]] bool stopped() const noexcept { return stop && stop->load(); }

    // Families of the problem's operation on this device. `wanted` empty: all. Reasons of those
    // that refuse the problem go to `refusals`.
    struct Families {
        std::vector<const KernelFamily*> own, vendors;
        std::vector<std::string> refusals;
    };
    [[nodiscard]] Families families(const Problem& problem, const std::string& operation,
                                    std::span<const std::string> wanted) const;

    // `leading` is filled in once operands exist.
    [[nodiscard]] Stamp stamp(const std::string& problem_text) const;
};

} // namespace hone
