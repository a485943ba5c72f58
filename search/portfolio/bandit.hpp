// Which of several strategies to ask next.
#pragma once

#include <cstddef>
#include <random>
#include <vector>

namespace hone::search {

// Thompson sampling of success rates that may change (Russo et al., "A Tutorial on Thompson
// Sampling", 2018, algorithm 3.2; discounted as by Raj, Kalyani, "Taming Non-stationary Bandits: A
// Bayesian Approach", 2017).
class Bandit final {
  public:
    // What is taken for granted of an arm: successes and failures, both above 0.
    struct Prior {
        double successes = 1;
        double failures = 1;
    };
    // discount: what an outcome is worth after each later one, in (0, 1].
    Bandit(const std::vector<Prior>& priors, double discount);

    // Every arm, by its index in the priors, the first to ask first.
    [[nodiscard]] std::vector<std::size_t> ranking(std::mt19937_64& random) const;
    void note(std::size_t arm, bool success);

  private:
    struct Arm {
        Prior prior;
        double successes = 0;
        double failures = 0;
    };
    std::vector<Arm> arms_;
    double discount_;
};

} // namespace hone::search
