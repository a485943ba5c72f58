// The end of a run channel that loads, checks and samples candidates.
#pragma once

#include "hone/backend.hpp"
#include "lib/worker/channel.hpp"
#include "lib/worker/main/loaded_program.hpp"
#include "lib/worker/main/problem_memory.hpp"
#include "lib/worker/message.hpp"

#include <memory>
#include <vector>

namespace hone::worker {

class RunServer final {
  public:
    // `shared` when later runs use the same session: then a candidate that changed an input is
    // found out before the next one suffers.
    RunServer(Session& session, ProblemMemory& memory, bool shared, Channel channel)
        : session_(session), memory_(memory), shared_(shared), channel_(std::move(channel)) {}

    // Answers until the channel closes.
    void serve();

  private:
    [[nodiscard]] RunReport load(Load request);
    [[nodiscard]] CheckReport check(const Check& request);
    [[nodiscard]] SampleReport sample(const Sample& request);

    void begin(Part part);
    [[nodiscard]] RunReport find(int program, int set);
    [[nodiscard]] RunReport launch(LoadedProgram& program, OperandSet& set,
                                   std::int64_t& duration_ps);
    void update_zones() const;
    // Runs one call and turns what it throws into a report.
    template <typename Answer, typename Call> void answer(const Call& call);

    Session& session_;
    ProblemMemory& memory_;
    bool shared_;
    Channel channel_;
    std::vector<std::unique_ptr<LoadedProgram>> programs_;
};

} // namespace hone::worker
