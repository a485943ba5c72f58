// A search that starts from what other devices or neighbouring shapes taught.
#pragma once

#include "hone/strategy.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace hone {

// What is known of a config elsewhere, as log(value / best value there); of several places the
// mean.
struct Prior {
    ConfigIndex config;
    double log_ratio = 0;
};

// Takes turns with another strategy: its own proposals are configs of the prior, each measured
// before it is believed.
//
// Good configs elsewhere are seldom the best ones here, but they fail to be so in a few respects:
// shared memory pays on one device and not on the other. So the difference between here and there,
// log(value here) minus the prior, is modelled as a sum of one effect for each value of each
// parameter, by Bayesian linear regression, and the next config is the one with the least lower
// confidence bound (Auer, "Using Confidence Bounds for Exploitation-Exploration Trade-offs", JMLR
// 3, 2002). When a row of such proposals bettered nothing, or a number of them was made, the other
// strategy goes on alone. It learns the best few of them; the rest it only avoids, since many
// results around what was good elsewhere would keep it there. Without a prior this is the other
// strategy.
class TransferSearch final : public Strategy {
  public:
    // Configs of the prior that are not legal in the search's space are left out.
    TransferSearch(std::unique_ptr<Strategy> other, std::vector<Prior> prior);

    void begin(const SearchTask& task) override;
    [[nodiscard]] std::vector<ConfigIndex> ask(std::size_t max,
                                               std::span<const ConfigIndex> pending) override;
    void tell(const Observation& observation) override;

  private:
    struct Candidate {
        ConfigIndex config;
        double log_ratio = 0;
        std::vector<std::uint32_t>
            effects; // places in effect_, one for each parameter and the first
        bool taken = false;
    };

    [[nodiscard]] Candidate* best_candidate();
    [[nodiscard]] double bound(const Candidate& candidate) const;
    [[nodiscard]] double expected(const Candidate& candidate) const;
    void learn(const Candidate& candidate, double residual);
    [[nodiscard]] bool over() const noexcept;
    [[nodiscard]] std::optional<ConfigIndex> propose(std::size_t batch);
    [[nodiscard]] bool helped() const noexcept;
    void hand_over();

    std::unique_ptr<Strategy> other_;
    std::vector<Prior> prior_;
    std::vector<Candidate> candidates_;                    // best elsewhere first
    std::unordered_map<std::uint64_t, std::size_t> place_; // of a config in candidates_
    std::vector<double> effect_;                           // means
    std::vector<double> covariance_;                       // square, row by row
    std::optional<double> best_, other_best_;              // logs of the best values here
    std::optional<double> first_own_, best_own_;
    std::unordered_set<std::uint64_t> own_; // proposed here and not told yet
    std::vector<Observation> held_;         // of own proposals, until the end
    int proposed_ = 0, since_better_ = 0;
    bool own_turn_ = true;
};

} // namespace hone
