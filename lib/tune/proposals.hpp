// What a strategy proposed and what became of it: the one way in which searches, real and replayed,
// speak with their strategy.
#pragma once

#include "hone/search_history.hpp"
#include "hone/strategy.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace hone {

// Of one search, on one thread.
class Proposals final {
  public:
    // Begins the strategy, which outlives this as what `task` points to does.
    Proposals(Strategy& strategy, const SearchTask& task);

    // At most `most` new configs, pending until they are told. Throws Error(internal) when the
    // strategy breaks a promise: more than it was asked for, a config that is not legal, or one
    // that it had proposed or was told before.
    [[nodiscard]] std::vector<ConfigIndex> ask(std::size_t most);
    // Of a pending config, or of one that was never asked for.
    void tell(const Observation& observation);

    // In the order in which they were proposed.
    [[nodiscard]] std::span<const ConfigIndex> pending() const noexcept { return pending_; }
    // The last call of ask() had nothing to propose although nothing was pending.
    [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }

  private:
    Strategy& strategy_;
    const SearchSpace& space_;
    SearchHistory history_;
    std::vector<ConfigIndex> pending_;
    bool exhausted_ = false;
};

} // namespace hone
