// The tool's side of a run.
#pragma once

#include "lib/worker/device_worker_impl.hpp"
#include "lib/worker/fault_page.hpp"

#include <memory>
#include <optional>
#include <string>

namespace hone {

struct Run::Impl {
    std::shared_ptr<DeviceWorker::Impl> worker;
    std::uint64_t number = 0;
    Channel channel;
    FaultPage fault;
    std::optional<RunReport> end; // once there is one, every call reports it

    explicit Impl(std::shared_ptr<DeviceWorker::Impl> owner) : worker(std::move(owner)) {}
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    // Has the worker begin a run. False when the worker is of no use. Throws what it refused with.
    [[nodiscard]] bool begin(double seconds);

    // Sends a request and waits for its answer. Nothing when the run ended instead; `end` says how.
    // `measure_seconds` is what a Part::measure may take.
    template <typename Answer, typename Request>
    [[nodiscard]] std::optional<Answer> call(const Request& request, double measure_seconds = 0);

    // Passes a report on; a poisoned one ends the run.
    RunReport close(RunReport report);

  private:
    struct Limit {
        Part part = Part::load;
        double seconds = 0;
        Deadline deadline;
    };
    [[nodiscard]] Limit limit(Part part, double measure_seconds) const;
    // The frame that answers a call, or nothing when the run ended.
    [[nodiscard]] std::optional<Frame> await(MessageType answer, double measure_seconds);
    void wait(Deadline deadline);

    void over();                                       // because another run has begun
    void died(int status);                             // by itself
    void closed();                                     // its channel did, by its death or without
    void stopped(Outcome outcome, std::string detail); // by us
    void worker_died();
};

} // namespace hone
