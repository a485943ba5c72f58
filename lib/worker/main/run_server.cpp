#include "lib/worker/main/run_server.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <new>
#include <utility>

namespace hone::worker {

namespace {

// Threads that a library keeps spinning after a call are asleep by then: measured for OpenBLAS.
constexpr std::chrono::milliseconds library_settle{40};

RunReport& run_of(Loaded& answer) { return answer.report; }
RunReport& run_of(Checked& answer) { return answer.report.run; }
RunReport& run_of(Sampled& answer) { return answer.report.run; }

// Guard zones that were written may have been only the first victims.
RunReport stray(RunReport report) {
    if (report.outcome != Outcome::ok) report.poisoned = true;
    return report;
}

} // namespace

template <typename Answer, typename Call> void RunServer::answer(const Call& call) {
    Answer answer;
    try {
        answer.report = call();
    } catch (const std::bad_alloc&) {
        run_of(answer) = {Outcome::out_of_memory, "memory ran out", false};
    } catch (const Error& error) {
        if (error.code() == Errc::device_lost) {
            (void)channel_.send(Refused{error.code(), error.what(), error.hint()},
                                after(send_seconds));
            return;
        }
        run_of(answer) = {Outcome::launch_failed, error.what(), false};
    } catch (const std::exception& error) {
        run_of(answer) = {Outcome::launch_failed, error.what(), false};
    } catch (...) {
        run_of(answer) = {Outcome::launch_failed, "threw something that is no std::exception",
                          false};
    }
    (void)channel_.send(answer, after(send_seconds));
}

void RunServer::serve() {
    Frame frame;
    while (channel_.receive(frame, Deadline::max()) == Received::frame) {
        switch (frame.type) {
        case MessageType::load:
            answer<Loaded>([&] { return load(decode<Load>(frame.payload)); });
            break;
        case MessageType::check:
            answer<Checked>([&] { return check(decode<Check>(frame.payload)); });
            break;
        case MessageType::sample:
            answer<Sampled>([&] { return sample(decode<Sample>(frame.payload)); });
            break;
        default:
            return;
        }
    }
}

void RunServer::begin(Part part) { (void)channel_.send(Began{part}, after(send_seconds)); }

void RunServer::update_zones() const {
    std::vector<FaultZone> zones;
    for (const auto& program : programs_) program->append_zones(zones);
    memory_.append_zones(zones);
    set_fault_zones(zones);
}

RunReport RunServer::load(Load request) {
    RunReport report;
    auto program = std::make_unique<LoadedProgram>(session_, memory_.problem(),
                                                   std::move(request.executable), report);
    if (report.outcome == Outcome::ok) programs_.push_back(std::move(program));
    return report;
}

RunReport RunServer::find(int program, int set) {
    if (program < 0 || static_cast<std::size_t>(program) >= programs_.size())
        return {Outcome::launch_failed, fmt::format("no program {} was loaded", program), false};
    if (set < 0 || static_cast<std::size_t>(set) >= memory_.sets())
        return {Outcome::launch_failed, fmt::format("there is no operand set {}", set), false};
    return {};
}

RunReport RunServer::launch(LoadedProgram& program, OperandSet& set, std::int64_t& duration_ps) {
    OperandSet* const only[] = {&set};
    const Launch launch = program.launch(only);
    begin(Part::launch);
    const auto start = std::chrono::steady_clock::now();
    RunReport report = session_.run(launch);
    const auto duration = std::chrono::steady_clock::now() - start;
    duration_ps = std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count() * 1000;
    return report;
}

CheckReport RunServer::check(const Check& request) {
    CheckReport report;
    report.run = find(request.program, request.set);
    if (report.run.outcome != Outcome::ok) return report;
    LoadedProgram& program = *programs_[static_cast<std::size_t>(request.program)];
    OperandSet& set = memory_.set(static_cast<std::size_t>(request.set));

    begin(Part::prepare);
    update_zones();
    set.reset();
    program.poison_workspace();
    report.run = program.prepare(set);
    if (report.run.outcome != Outcome::ok) return report;
    update_zones();

    report.run = launch(program, set, report.duration_ps);
    if (report.run.outcome != Outcome::ok) return report;

    begin(Part::collect);
    report.run = stray(set.check_guards());
    if (report.run.outcome == Outcome::ok) report.run = stray(program.check_guards());
    if (report.run.outcome == Outcome::ok && shared_) report.run = set.check_inputs();
    if (report.run.outcome == Outcome::ok) set.collect();
    return report;
}

SampleReport RunServer::sample(const Sample& request) {
    SampleReport report;
    std::vector<LoadedProgram*> programs;
    for (const int number : request.programs) {
        report.run = find(number, request.set);
        report.program = number;
        if (report.run.outcome != Outcome::ok) return report;
        programs.push_back(programs_[static_cast<std::size_t>(number)].get());
    }

    begin(Part::prepare);
    const std::vector<OperandSet*> sets =
        memory_.rotation(static_cast<std::size_t>(request.set),
                         request.policy.cold ? request.policy.rotate_bytes : 0);
    for (OperandSet* set : sets) set->reset();
    std::vector<Launch> launches;
    for (std::size_t i = 0; i < programs.size(); ++i) {
        report.program = request.programs[i];
        report.run = programs[i]->prepare(*sets.front());
        if (report.run.outcome != Outcome::ok) return report;
        launches.push_back(programs[i]->launch(sets));
        if (programs.size() > 1 && programs[i]->is_library())
            launches.back().settle = library_settle;
    }
    update_zones();

    begin(Part::measure);
    report.program = programs.size() == 1 ? request.programs.front() : -1;
    report.samples =
        session_.measure(launches, request.policy, request.rounds, after(request.seconds));
    report.run = session_.synchronize();
    if (report.run.outcome == Outcome::ok) report.run = stray(sets.front()->check_guards());
    for (std::size_t i = 0; i < programs.size() && report.run.outcome == Outcome::ok; ++i) {
        report.run = stray(programs[i]->check_guards());
        if (report.run.outcome != Outcome::ok) report.program = request.programs[i];
    }
    if (report.run.outcome == Outcome::ok) report.program = -1;
    return report;
}

} // namespace hone::worker
