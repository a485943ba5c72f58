// Samples of several programs taken in turns, so that whatever the machine does hits all alike.
#pragma once

#include "hone/policy.hpp"
#include "lib/measure/statistics.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace hone {

// Takes `rounds` interleaved samples of each of `candidates` and returns one entry for each of
// them, in that order. An entry with neither samples nor dropped ones says that the candidate
// failed. Returns nothing when no more samples may be taken (time is up, interrupted).
using Sampler = std::function<std::vector<Samples>(std::span<const int> candidates, int rounds)>;

// Collects rounds and watches the pace of the machine: when most candidates moved by more than 1 %
// and outside their intervals, in the same direction, the round is repeated. A repeated round that
// is back at the old pace replaces the disturbed one, whose samples count as dropped; one that is
// not shows a new level, at which everything is measured afresh.
class Interleaving final {
  public:
    Interleaving(std::size_t candidates, Sampler sampler);

    // One round of `rounds` samples of each of `candidates`. Those that failed are taken out of
    // `candidates`. False when no more samples may be taken.
    [[nodiscard]] bool take(std::vector<int>& candidates, int rounds);

    // Everything that counts, since the last change of level.
    [[nodiscard]] const Samples& of(int candidate) const {
        return collected_[static_cast<std::size_t>(candidate)];
    }
    [[nodiscard]] bool failed(int candidate) const {
        return failed_[static_cast<std::size_t>(candidate)];
    }
    // Samples asked for so far, of all candidates together.
    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

  private:
    // Rounds of the present candidates, or nothing when over.
    [[nodiscard]] std::vector<Samples> round(std::vector<int>& candidates, int rounds);
    // Whether `fresh` was taken at another pace than what is collected.
    [[nodiscard]] bool moved(std::span<const int> candidates, std::span<const Samples> fresh) const;
    void forget(int candidate);

    Sampler sampler_;
    std::vector<Samples> collected_;
    std::vector<bool> failed_;
    std::size_t taken_ = 0;
};

} // namespace hone
