// A candidate, ready to be launched.
#pragma once

#include "hone/backend.hpp"
#include "lib/worker/device_worker.hpp"
#include "lib/worker/main/operand_set.hpp"

#include <map>
#include <memory>
#include <vector>

namespace hone::worker {

class LoadedProgram final {
  public:
    // `report` says how loading went; unless it is ok, the program is of no use. Throws what a
    // session throws, and std::bad_alloc.
    LoadedProgram(Session& session, const Problem& problem, Executable executable,
                  RunReport& report);

    // Fills the operands it wants prepared, for this set, once.
    [[nodiscard]] RunReport prepare(OperandSet& set);
    // For sets that were prepared; operands are prepared from the first.
    [[nodiscard]] Launch launch(std::span<OperandSet* const> sets) const;
    void poison_workspace();
    [[nodiscard]] RunReport check_guards() const;
    void append_zones(std::vector<FaultZone>& zones) const;
    // Libraries bring threads of their own.
    [[nodiscard]] bool is_library() const;

  private:
    Session& session_;
    const Problem& problem_;
    Program program_;
    std::unique_ptr<Kernel> kernel_;
    std::unique_ptr<Memory> workspace_; // null when it needs none
    std::map<const OperandSet*, std::vector<std::unique_ptr<Memory>>> prepared_;
};

} // namespace hone::worker
