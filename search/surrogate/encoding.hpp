// Configs as points that a kernel can compare.
#pragma once

#include "hone/strategy.hpp"

#include <Eigen/Core>

#include <random>
#include <vector>

namespace hone::surrogate {

// Columns of one group share one weight in the kernel. An ordinal parameter gives two groups, its
// place in the order, in [0, 1], and one column for each value, so that the kernel learns whether
// neighbouring values are alike; a plain category gives the second only, and a parameter of two
// values needs but the first. Each feature of the family gives a group of one column.
class Encoding final {
  public:
    // The features' ranges are taken from configs that are drawn; a feature that does not vary
    // among them is left out. The task's space must outlive this.
    Encoding(const SearchTask& task, std::mt19937_64& random);

    [[nodiscard]] Eigen::VectorXd point(ConfigIndex config) const;
    // One row for each config.
    [[nodiscard]] Eigen::MatrixXd points(const std::vector<ConfigIndex>& configs) const;
    // Of every column; numbered from 0 without gaps. Empty when all configs are alike.
    [[nodiscard]] const std::vector<Eigen::Index>& groups() const { return groups_; }

  private:
    struct Column {
        std::size_t parameter = 0;
        std::vector<double> at; // by digit
    };
    struct Feature {
        std::size_t index = 0; // among the family's
        double low = 0;        // after squeezing
        double high = 0;
    };
    void add_parameter(std::size_t index, const Parameter& parameter);
    void add_features(std::mt19937_64& random);

    const SearchSpace* space_;
    std::function<std::vector<double>(ConfigIndex)> features_of_;
    std::vector<Column> columns_;
    std::vector<Feature> features_;
    std::vector<Eigen::Index> groups_;
};

} // namespace hone::surrogate
