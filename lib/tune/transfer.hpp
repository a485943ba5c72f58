// A search that starts from what other devices or neighbouring shapes taught.
#pragma once

#include "hone/strategy.hpp"
#include "lib/tune/residual_process.hpp"

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

// Precedes another strategy with configs of the prior, each measured before it is believed.
//
// Good configs elsewhere are seldom the best ones here, and the best ones here may belong to a kind
// of which none was the best elsewhere. So the first proposals are good there and unlike each
// other: the best one, then each time the best that differs from all before in half of the
// parameters. From then on the difference between here and there, log(value here) minus the prior,
// is modelled by a Gaussian process in which a parameter counts as much as it does elsewhere, and
// the next config is the one with the least lower confidence bound (Auer, "Using Confidence Bounds
// for Exploitation-Exploration Trade-offs", JMLR 3, 2002). When a row of such proposals bettered
// nothing the other strategy goes on alone; it is told all results. Without a prior this is the
// other strategy.
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
        bool taken = false;
    };

    [[nodiscard]] std::optional<std::size_t> next_unlike() const;
    [[nodiscard]] std::optional<std::size_t> least_bound() const;
    [[nodiscard]] bool over() const noexcept;
    [[nodiscard]] std::optional<ConfigIndex> propose(std::size_t batch);

    std::unique_ptr<Strategy> other_;
    std::vector<Prior> prior_;
    std::vector<Candidate> candidates_;                    // best elsewhere first
    std::vector<Digits> digits_;                           // of candidates_
    std::unordered_map<std::uint64_t, std::size_t> place_; // of a config in candidates_
    std::optional<ResidualProcess> difference_;
    std::vector<std::size_t> unlike_;       // candidates of the first proposals
    std::optional<double> best_;            // log of the best value here
    std::unordered_set<std::uint64_t> own_; // proposed here and not told yet
    int proposed_ = 0, since_better_ = 0;
    std::size_t varied_ = 0; // parameters that have several values
    bool unlike_ended_ = false;
};

} // namespace hone
