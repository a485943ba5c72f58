#include "hone/error.hpp"
#include "lib/worker/channel.hpp"
#include "lib/worker/run_impl.hpp"

#include <fmt/format.h>

#include <csignal>
#include <poll.h>
#include <utility>

namespace hone {

namespace {

// Announcements a call makes at most: more are a run that plays for time.
constexpr int most_parts = 64;
// Below what any host copies at, for the parts of a call that touch every byte of a set.
constexpr double slow_bytes_per_second = 100e6;

const char* describe(Part part) {
    switch (part) {
    case Part::load:
        return "loading";
    case Part::prepare:
        return "preparing operands";
    case Part::launch:
        return "a launch";
    case Part::measure:
        return "measuring";
    case Part::collect:
        return "collecting results";
    }
    return "a call";
}

} // namespace

Run::Impl::~Impl() {
    // The run's process sees its channel close and leaves.
    channel.close();
    if (!end && worker->run == number) worker->end_run();
}

bool Run::Impl::begin(double seconds) {
    auto [ours, theirs] = Channel::pair();
    const std::array files{theirs.file(), fault.file()};
    Channel& control = worker->process->control();
    end = RunReport{Outcome::skipped, "the run did not begin", true};
    if (!control.send(BeginRun{}, after(seconds), files)) return false;
    theirs.close();

    Frame frame;
    if (control.receive(frame, after(seconds)) != Received::frame) return false;
    if (frame.type == MessageType::refused) {
        worker->process.reset(); // a device that is gone, or a session half open
        rethrow(frame);
    }
    if (frame.type != MessageType::run_begun) return false;
    channel = std::move(ours);
    number = ++worker->run;
    worker->running = true;
    end.reset();
    return true;
}

Run::Impl::Limit Run::Impl::limit(Part part, double measure_seconds) const {
    const RunLimits& limits = worker->limits;
    double seconds = limits.load_seconds;
    if (part == Part::launch) seconds = limits.launch_seconds;
    if (part == Part::measure) seconds = measure_seconds + limits.launch_seconds;
    if (part == Part::prepare || part == Part::collect)
        seconds += static_cast<double>(worker->set_bytes()) / slow_bytes_per_second;
    return {part, seconds, after(seconds)};
}

void Run::Impl::over() {
    channel.close();
    end = RunReport{Outcome::skipped, "the run was ended by another one, or by another problem",
                    true};
}

void Run::Impl::died(int status) {
    channel.close();
    worker->running = false;
    const bool forked = worker->isolation == Isolation::fork_per_candidate;
    const std::string output = forked ? worker->process->last_output() : worker->drop_process();
    end = describe_death(status, fault.read(), worker->names, output);
}

void Run::Impl::closed() {
    if (const std::optional<int> status = worker->run_ended()) return died(*status);
    // A worker that was killed took its run along.
    if (worker->process->ended(after(WorkerProcess::close_seconds))) return worker_died();
    stopped(Outcome::crash, "closed its channel to the tool");
}

void Run::Impl::worker_died() {
    const bool forked = worker->isolation == Isolation::fork_per_candidate;
    const std::optional<int> status = worker->process->ended(after(WorkerProcess::close_seconds));
    if (!status) {
        (void)worker->drop_process();
        return stopped(forked ? Outcome::launch_failed : Outcome::crash,
                       "the worker closed its channel to the tool");
    }
    channel.close();
    end = describe_death(*status, fault.read(), worker->names, worker->drop_process());
    // Where the worker forks, its own death is not the candidate's doing and must not veto it.
    if (forked && vetoes(end->outcome)) end->outcome = Outcome::launch_failed;
}

void Run::Impl::stopped(Outcome outcome, std::string detail) {
    channel.close();
    worker->kill_run();
    end = RunReport{outcome, std::move(detail), true};
}

RunReport Run::Impl::close(RunReport report) {
    if (!report.poisoned) return report;
    channel.close();
    worker->kill_run();
    end = report;
    return report;
}

void Run::Impl::wait(Deadline deadline) {
    WorkerProcess& process = *worker->process;
    std::array<pollfd, 3> files{{{channel.file(), POLLIN, 0},
                                 {process.control().file(), POLLIN, 0},
                                 {process.output(), POLLIN, 0}}};
    (void)::poll(files.data(), files.size(), poll_timeout_ms(deadline));
    if (files[2].revents != 0) process.drain();
}

std::optional<Frame> Run::Impl::await(MessageType answer, double measure_seconds) {
    Limit now = limit(Part::load, 0);
    std::optional<int> ended;
    int parts = 0;
    while (true) {
        Frame frame;
        const Received received = channel.receive(frame);
        if (received == Received::frame && frame.type == answer) return frame;
        if (received == Received::frame && frame.type == MessageType::began &&
            ++parts < most_parts) {
            now = limit(decode<Began>(frame.payload).part, measure_seconds);
            continue;
        }
        if (received == Received::frame && frame.type == MessageType::refused) {
            stopped(Outcome::skipped, "the device failed");
            (void)worker->drop_process();
            rethrow(frame);
        }
        // An answer may have been sent before the end: it was looked for first.
        if (ended) {
            died(*ended);
            return std::nullopt;
        }
        if (received == Received::closed) {
            closed();
            return std::nullopt;
        }
        if (received != Received::nothing) throw Malformed("bytes that are no message");

        Frame news;
        const Received heard = worker->process->control().receive(news);
        if (heard == Received::frame && news.type == MessageType::run_ended) {
            ended = decode<RunEnded>(news.payload).status;
            continue;
        }
        if (heard != Received::nothing) {
            worker_died();
            return std::nullopt;
        }
        if (Clock::now() >= now.deadline) {
            stopped(Outcome::hang,
                    fmt::format("{} took longer than {:.4g} s", describe(now.part), now.seconds));
            return std::nullopt;
        }
        wait(now.deadline);
    }
}

template <typename Answer, typename Request>
std::optional<Answer> Run::Impl::call(const Request& request, double measure_seconds) {
    if (!end && (worker->run != number || !worker->running)) over();
    if (end) return std::nullopt;
    const std::vector<std::byte> bytes = encode(request);
    if (bytes.size() > Channel::max_payload_bytes) {
        stopped(Outcome::launch_failed, "too large to be sent to a worker");
        return std::nullopt;
    }
    // One that does not read is found out below.
    (void)channel.send(Request::type, bytes, after(worker->limits.load_seconds));
    try {
        if (const auto frame = await(Answer::type, measure_seconds))
            return decode<Answer>(frame->payload);
    } catch (const Malformed& malformed) {
        stopped(Outcome::crash, fmt::format("answered with {}", malformed.what()));
    }
    return std::nullopt;
}

Run::Run(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Run::~Run() = default;
Run::Run(Run&&) noexcept = default;

RunReport Run::load(const Executable& executable) {
    auto answer = impl_->call<Loaded>(Load{executable});
    return answer ? impl_->close(std::move(answer->report)) : *impl_->end;
}

CheckReport Run::check(int program, int set) {
    auto answer = impl_->call<Checked>(Check{program, set});
    if (!answer) return {*impl_->end, 0};
    answer->report.run = impl_->close(std::move(answer->report.run));
    return std::move(answer->report);
}

SampleReport Run::sample(std::span<const int> programs, int set, const Policy& policy, int rounds,
                         double seconds) {
    const Sample request{{programs.begin(), programs.end()}, set, policy, rounds, seconds};
    auto answer = impl_->call<Sampled>(request, seconds);
    if (!answer) return {*impl_->end, programs.size() == 1 ? programs[0] : -1, {}};
    SampleReport& report = answer->report;
    report.run = impl_->close(std::move(report.run));
    const bool sound =
        report.run.outcome != Outcome::ok || report.samples.size() == programs.size();
    if (!sound) {
        report.run =
            impl_->close({Outcome::crash, "answered with samples of other programs", true});
    }
    if (report.run.outcome != Outcome::ok) report.samples.clear();
    return std::move(report);
}

} // namespace hone
