// How far configs are from what is known of them elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hone {

using Digits = std::vector<std::uint32_t>; // a config's place among the values of each parameter

// A Gaussian process over configs, conditioned on differences of logarithms: an unknown level,
// which all share, and a part that configs share the more the less the parameters weigh in which
// they differ (Rasmussen, Williams, "Gaussian Processes for Machine Learning", 2006, algorithm
// 2.1). With n differences and m configs a new one costs O(n m).
class ResidualProcess final {
  public:
    // weights: one for each parameter; 0: its value makes no difference.
    ResidualProcess(std::vector<Digits> configs, std::vector<double> weights);

    // `config` is an index into the configs. A second difference replaces the first.
    void learn(std::size_t config, double difference);
    [[nodiscard]] double mean(std::size_t config) const { return mean_[config]; }
    [[nodiscard]] double deviation(std::size_t config) const;

  private:
    [[nodiscard]] double covariance(std::size_t a, std::size_t b) const;
    void update_means();

    std::vector<Digits> configs_;
    std::vector<double> weights_;
    std::vector<std::size_t> learnt_; // configs, in the order of the rows below
    std::vector<double> differences_;
    std::vector<std::vector<double>> reach_;  // L^-1 k(learnt, configs), with L L^T = k + noise
    std::vector<std::vector<double>> factor_; // rows of L
    std::vector<double> mean_, variance_;
};

// What each parameter weighs, 1.4 in all: in proportion to the mean squared difference of `logs`
// between configs that differ in it alone; where there are none, to the mean of the others. A
// parameter of which all configs have one value weighs nothing.
[[nodiscard]] std::vector<double> weights_of_parameters(const std::vector<Digits>& configs,
                                                        const std::vector<double>& logs);

} // namespace hone
