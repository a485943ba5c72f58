#include "lib/tune/compile_queue.hpp"

#include <iterator>
#include <utility>

namespace hone {

namespace {
// Only so that a wait can be ended by a signal's flag now and then; jobs have their own deadlines.
constexpr double poll_seconds = 0.2;
} // namespace

void CompileQueue::submit(std::shared_ptr<Candidate> candidate) {
    const std::size_t modules = candidate->executable.program.modules.size();
    if (candidate->outcome != Outcome::ok || modules == 0) {
        ready_.push_back(std::move(candidate));
        return;
    }
    const std::uint64_t job = next_++;
    candidate->executable.binaries.resize(modules);
    for (std::size_t i = 0; i < modules; ++i) {
        const std::uint64_t ticket = next_++;
        tickets_[ticket] = {job, i};
        pool_.submit(ticket, candidate->executable.program.modules[i]);
    }
    waiting_[job] = {std::move(candidate), modules};
}

std::vector<std::shared_ptr<Candidate>> CompileQueue::wait() {
    std::vector<std::shared_ptr<Candidate>> done = std::move(ready_);
    ready_.clear();
    while (done.empty() && !waiting_.empty()) {
        for (Compiled& compiled : pool_.wait(poll_seconds)) {
            const auto ticket = tickets_.find(compiled.ticket);
            if (ticket == tickets_.end()) continue;
            const auto [job, module] = ticket->second;
            tickets_.erase(ticket);
            const auto found = waiting_.find(job);
            if (found == waiting_.end()) continue;
            Candidate& candidate = *found->second.candidate;
            candidate.executable.binaries[module] = std::move(compiled.result.binary);
            if (compiled.result.outcome != Outcome::ok && candidate.outcome == Outcome::ok) {
                candidate.outcome = compiled.result.outcome;
                candidate.log = std::move(compiled.result.log);
            }
            if (--found->second.left > 0) continue;
            done.push_back(std::move(found->second.candidate));
            waiting_.erase(found);
        }
    }
    return done;
}

std::vector<std::shared_ptr<Candidate>> CompileQueue::wait_all() {
    std::vector<std::shared_ptr<Candidate>> all;
    while (pending() > 0) {
        std::vector<std::shared_ptr<Candidate>> some = wait();
        all.insert(all.end(), std::make_move_iterator(some.begin()),
                   std::make_move_iterator(some.end()));
    }
    return all;
}

void CompileQueue::cancel() {
    pool_.cancel();
    waiting_.clear();
    tickets_.clear();
    ready_.clear();
}

} // namespace hone
