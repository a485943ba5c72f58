#include "lib/worker/compile_pool.hpp"

#include "lib/device/bundle_shelf.hpp"
#include "lib/worker/channel.hpp"
#include "lib/worker/death.hpp"
#include "lib/worker/message.hpp"
#include "lib/worker/process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <optional>
#include <poll.h>
#include <sys/wait.h>
#include <utility>

namespace hone {

namespace {

constexpr std::size_t log_kept_bytes = std::size_t{16} << 10;
constexpr double rest_seconds = 1; // for the rest of a frame that has begun

struct Job {
    std::uint64_t ticket = 0;
    Module module;
    Digest key;
    bool killed_before = false;
};

// One worker at a time, and what it compiles.
struct Slot {
    std::optional<WorkerProcess> worker;
    std::optional<Job> job;
    Clock::time_point started;
    Deadline deadline; // of the start, or of the job

    [[nodiscard]] bool starting() const { return worker && !worker->ready(); }
    [[nodiscard]] bool idle() const { return worker && worker->ready() && !job; }
};

bool killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

CompileResult crashed(int status, const std::string& output) {
    RunReport report = describe_death(status, {}, {}, output);
    if (report.outcome != Outcome::out_of_memory) report.outcome = Outcome::compile_failed;
    const char* what = WIFSIGNALED(status) ? "compiler crashed" : "compiler ended";
    return {report.outcome, {}, fmt::format("{}: {}", what, report.detail)};
}

} // namespace

struct CompilePool::Impl {
    Options options;
    Hello greeting;
    std::string compile_key;
    BinaryCache cache;
    BundleShelf bundles;
    bool has_compiler = true;
    CompileLimits limits;
    std::vector<Slot> slots;
    std::deque<Job> queue;
    std::vector<Compiled> done;
    int failed_starts = 0; // in a row

    void start(Slot& slot) {
        slot.worker.emplace(options, "compile", greeting);
        slot.deadline = after(WorkerProcess::start_seconds);
    }

    void finish(Slot& slot, CompileResult result, double seconds) {
        if (result.log.size() > log_kept_bytes)
            result.log.erase(0, result.log.size() - log_kept_bytes);
        if (result.outcome == Outcome::ok) cache.put(slot.job->key, result.binary);
        done.push_back({slot.job->ticket, std::move(result), seconds, false});
        slot.job.reset();
    }

    // The worker is of no more use; its job ends with `result`, if it has one.
    void drop(Slot& slot, CompileResult result) {
        slot.worker.reset();
        if (slot.job) finish(slot, std::move(result), seconds_since(slot.started));
    }

    void start_failed(Slot& slot) {
        const std::string complaint = slot.worker->complaint();
        slot.worker.reset();
        if (++failed_starts >= WorkerProcess::start_tries)
            throw Error(Errc::unavailable, complaint, "run `hone doctor`");
    }

    void died(Slot& slot) {
        const int status = slot.worker->kill();
        const std::string output = slot.worker->last_output();
        if (slot.job && killed(status) && !slot.job->killed_before) {
            // By somebody else, perhaps for want of memory, perhaps by mistake: once more.
            slot.job->killed_before = true;
            queue.push_front(std::move(*slot.job));
            slot.job.reset();
        }
        drop(slot, crashed(status, output));
    }

    void give(Slot& slot) {
        slot.job = std::move(queue.front());
        queue.pop_front();
        slot.worker->forget_output();
        slot.started = Clock::now();
        slot.deadline = after(limits.seconds);
        const CompileJob message{slot.job->ticket, slot.job->module};
        if (!slot.worker->control().send(message, slot.deadline)) died(slot);
    }

    // Takes what a worker has sent.
    void hear(Slot& slot) {
        Frame frame;
        Channel& control = slot.worker->control();
        Received received = control.receive(frame);
        // A large binary may have begun to come long ago and wait for room in the socket.
        if (received == Received::nothing && control.partial())
            received = control.receive(frame, after(rest_seconds));
        if (received == Received::nothing) return;
        if (slot.starting()) {
            if (slot.worker->accept(received, frame)) {
                failed_starts = 0;
            } else {
                start_failed(slot);
            }
            return;
        }
        if (received == Received::closed) return died(slot);
        if (received == Received::frame && frame.type == MessageType::refused) {
            slot.worker.reset();
            slot.job.reset();
            rethrow(frame);
        }
        if (received == Received::frame && frame.type == MessageType::compile_done && slot.job) {
            try {
                auto answer = decode<CompileDone>(frame.payload);
                if (answer.ticket == slot.job->ticket) {
                    // What is left of a worker that ran out of memory is not trusted with more.
                    const bool spent = answer.result.outcome == Outcome::out_of_memory;
                    finish(slot, std::move(answer.result), answer.seconds);
                    if (spent) slot.worker.reset();
                    return;
                }
            } catch (const Malformed&) {
                // Handled as any other nonsense below.
            }
        }
        drop(slot, {Outcome::compile_failed, {}, "the compile worker sent a malformed answer"});
    }

    void expire(Slot& slot) {
        if (slot.starting()) return start_failed(slot);
        drop(slot, {Outcome::compile_timeout,
                    {},
                    fmt::format("compiling took longer than {} s", limits.seconds)});
    }

    void dispatch() {
        for (Slot& slot : slots) {
            if (slot.idle() && !queue.empty()) give(slot);
        }
        auto starting = static_cast<std::size_t>(
            std::count_if(slots.begin(), slots.end(), [](const Slot& s) { return s.starting(); }));
        for (Slot& slot : slots) {
            if (!slot.worker && starting < queue.size()) {
                start(slot);
                ++starting;
            }
        }
    }

    // Sleeps until a worker speaks or a deadline comes, and deals with it.
    void step(Deadline until) {
        std::vector<pollfd> files;
        std::vector<Slot*> owners;
        for (Slot& slot : slots) {
            if (!slot.worker) continue;
            owners.push_back(&slot);
            files.push_back({slot.worker->control().file(), POLLIN, 0});
            files.push_back({slot.worker->output(), POLLIN, 0}); // ignored when negative
            if (!slot.idle()) until = std::min(until, slot.deadline);
        }
        (void)::poll(files.data(), files.size(), poll_timeout_ms(until));
        const Deadline now = Clock::now();
        for (std::size_t i = 0; i < owners.size(); ++i) {
            Slot& slot = *owners[i];
            if (files[2 * i + 1].revents != 0) slot.worker->drain();
            if (files[2 * i].revents != 0) hear(slot);
            if (slot.worker && !slot.idle() && now >= slot.deadline) expire(slot);
        }
    }
};

CompilePool::CompilePool(const Options& options, const Backend& backend, const DeviceModel& device,
                         BinaryCache cache, int jobs, CompileLimits limits)
    : impl_(std::make_unique<Impl>()) {
    require_worker_program(options);
    impl_->options = options;
    impl_->greeting = hello(options, backend.name(), {"", 0, device}, limits.memory_bytes);
    impl_->compile_key = backend.compile_key(device);
    impl_->cache = std::move(cache);
    impl_->has_compiler = backend.compiler_identity() != "none";
    impl_->bundles = BundleShelf(options.bundles, backend);
    impl_->limits = limits;
    impl_->slots = std::vector<Slot>(static_cast<std::size_t>(std::max(jobs, 1)));
}

CompilePool::~CompilePool() = default;

void CompilePool::prestart(int workers) {
    for (Slot& slot : impl_->slots) {
        if (workers-- <= 0) return;
        if (!slot.worker) impl_->start(slot);
    }
}

void CompilePool::submit(std::uint64_t ticket, Module module) {
    if (module.kind != Module::Kind::source) {
        CompileResult ready;
        ready.binary.bytes = std::move(module.bytes);
        impl_->done.push_back({ticket, std::move(ready), 0, false});
        return;
    }
    if (module.source.size() > Channel::max_payload_bytes / 2) {
        impl_->done.push_back({ticket, {Outcome::compile_failed, {}, "source too long"}, 0, false});
        return;
    }
    if (const Binary* binary = impl_->bundles.find(module, impl_->greeting.device.model.arch)) {
        impl_->done.push_back({ticket, {Outcome::ok, *binary, {}}, 0, true});
        return;
    }
    const Digest key = BinaryCache::key(module, impl_->compile_key);
    if (std::optional<Binary> binary = impl_->cache.get(key)) {
        impl_->done.push_back({ticket, {Outcome::ok, std::move(*binary), {}}, 0, true});
        return;
    }
    if (!impl_->bundles.empty() && !impl_->has_compiler) {
        impl_->done.push_back({ticket,
                               {Outcome::skipped, {}, "no bundle has it, and there is no compiler"},
                               0,
                               false});
        return;
    }
    impl_->queue.push_back({ticket, std::move(module), key});
    impl_->dispatch();
}

std::size_t CompilePool::pending() const noexcept {
    const auto& slots = impl_->slots;
    const auto busy =
        std::count_if(slots.begin(), slots.end(), [](const Slot& s) { return s.job.has_value(); });
    return impl_->queue.size() + impl_->done.size() + static_cast<std::size_t>(busy);
}

std::vector<Compiled> CompilePool::wait(double seconds) {
    const Deadline until = after(seconds);
    while (impl_->done.empty() && pending() > 0) {
        impl_->dispatch();
        impl_->step(until);
        if (Clock::now() >= until) break;
    }
    impl_->dispatch(); // workers go on while the caller looks at the results
    return std::exchange(impl_->done, {});
}

void CompilePool::cancel() {
    impl_->queue.clear();
    impl_->done.clear();
    for (Slot& slot : impl_->slots) {
        if (!slot.job) continue;
        slot.job.reset();
        slot.worker.reset();
    }
}

} // namespace hone
