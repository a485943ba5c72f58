#include "lib/worker/device_worker.hpp"

#include "hone/error.hpp"
#include "lib/worker/device_worker_impl.hpp"
#include "lib/worker/run_impl.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace hone {

namespace {

// To open the device and to upload the operand sets.
constexpr double begin_seconds = 120;
constexpr double end_seconds = 1;

} // namespace

void DeviceWorker::Impl::spawn() {
    process.emplace(options, "device", greeting);
    ++processes;
    problem_sent = false;
}

void DeviceWorker::Impl::send_problem() {
    if (!problem || problem_sent) return;
    std::vector<int> files;
    for (const auto& set : sets) files.push_back(set->file());
    // A worker that died shows at the next answer.
    problem_sent = process->control().send(*problem, after(send_seconds), files);
}

std::optional<int> DeviceWorker::Impl::wait_run_ended(double seconds) {
    Frame frame;
    if (process->control().receive(frame, after(seconds)) != Received::frame) return std::nullopt;
    if (frame.type != MessageType::run_ended) return std::nullopt;
    try {
        return decode<RunEnded>(frame.payload).status;
    } catch (const Malformed&) {
        return std::nullopt;
    }
}

void DeviceWorker::Impl::end_run() {
    if (!std::exchange(running, false) || !process) return;
    const bool forked = isolation == Isolation::fork_per_candidate;
    const bool asked = !forked || process->control().send(EndRun{}, after(end_seconds));
    // A run in the worker itself unloads its programs first.
    if (!asked || !wait_run_ended(forked ? end_seconds : limits.load_seconds)) process.reset();
}

std::optional<int> DeviceWorker::Impl::run_ended() {
    if (isolation == Isolation::fork_per_candidate)
        return wait_run_ended(WorkerProcess::close_seconds);
    return process->ended(after(WorkerProcess::close_seconds));
}

void DeviceWorker::Impl::kill_run() {
    if (isolation == Isolation::fork_per_candidate) return end_run();
    running = false;
    process.reset();
}

std::string DeviceWorker::Impl::drop_process() {
    running = false;
    if (!process) return {};
    (void)process->kill();
    std::string output = process->last_output();
    process.reset();
    return output;
}

std::size_t DeviceWorker::Impl::set_bytes() const {
    std::size_t largest = 0;
    for (const auto& set : sets) largest = std::max(largest, set->size());
    return largest;
}

DeviceWorker::DeviceWorker(const Options& options, const Backend& backend, const Device& device,
                           RunLimits limits)
    : impl_(std::make_shared<Impl>()) {
    require_worker_program(options);
    impl_->options = options;
    impl_->greeting = hello(options, backend.name(), device, limits.memory_bytes);
    impl_->isolation = backend.isolation();
    impl_->limits = limits;
}

DeviceWorker::~DeviceWorker() {
    impl_->end_run();
    if (impl_->process) impl_->process->dismiss();
    impl_->process.reset();
}

void DeviceWorker::prestart() {
    if (!impl_->process) impl_->spawn();
}

void DeviceWorker::set_problem(const Operation& operation, const Problem& problem,
                               std::vector<std::shared_ptr<const OperandMemory>> sets) {
    impl_->end_run();
    if (sets.empty() || sets.size() > Channel::max_files) {
        throw Error(Errc::internal, "a device worker takes 1 to " +
                                        std::to_string(Channel::max_files) + " operand sets");
    }
    impl_->problem = SetProblem{problem, operation.args(problem)};
    impl_->names.clear();
    for (const ArgSpec& arg : impl_->problem->args) impl_->names.push_back(arg.name);
    impl_->sets = std::move(sets);
    impl_->problem_sent = false;
    // Uploading goes on while the caller does something else.
    if (impl_->process) impl_->send_problem();
}

Run DeviceWorker::start() {
    impl_->end_run();
    if (!impl_->problem) throw Error(Errc::internal, "a run needs a problem first");
    std::string complaint;
    for (int i = 0; i < WorkerProcess::start_tries; ++i) {
        if (!impl_->process) impl_->spawn();
        WorkerProcess& process = *impl_->process;
        if (process.wait_until_ready(after(WorkerProcess::start_seconds))) {
            impl_->send_problem();
            process.forget_output();
            auto run = std::make_unique<Run::Impl>(impl_);
            if (run->begin(begin_seconds)) return Run(std::move(run));
        }
        complaint = process.complaint();
        impl_->process.reset();
    }
    throw Error(Errc::unavailable, complaint, "run `hone doctor`");
}

std::int64_t DeviceWorker::respawns() const noexcept {
    return std::max<std::int64_t>(impl_->processes - 1, 0);
}

} // namespace hone
