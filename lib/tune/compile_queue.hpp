// Candidates on their way through the compile workers.
#pragma once

#include "lib/tune/trials.hpp"
#include "lib/worker/compile_pool.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace hone {

// One thread at a time. A candidate comes back when its last module has ended, with its binaries or
// with the reason of the first module that failed.
class CompileQueue final {
  public:
    explicit CompileQueue(CompilePool& pool) : pool_(pool) {}

    void submit(std::shared_ptr<Candidate> candidate);
    [[nodiscard]] std::size_t pending() const noexcept { return waiting_.size() + ready_.size(); }
    // Blocks until at least one candidate is done; nothing pending: returns at once, empty.
    [[nodiscard]] std::vector<std::shared_ptr<Candidate>> wait();
    [[nodiscard]] std::vector<std::shared_ptr<Candidate>> wait_all();
    void cancel();

  private:
    struct Job {
        std::shared_ptr<Candidate> candidate;
        std::size_t left = 0; // modules not back yet
    };
    struct Ticket {
        std::uint64_t job;
        std::size_t module;
    };

    CompilePool& pool_;
    std::uint64_t next_ = 1;
    std::map<std::uint64_t, Job> waiting_;
    std::map<std::uint64_t, Ticket> tickets_;
    std::vector<std::shared_ptr<Candidate>> ready_; // failed before compiling
};

} // namespace hone
