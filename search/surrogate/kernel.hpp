// How alike two points are, learnt from what was measured there.
#pragma once

#include <Eigen/Core>

#include <vector>

namespace hone::surrogate {

// Matern 5/2 with a weight for each group of columns (Rasmussen, Williams, "Gaussian Processes for
// Machine Learning", 2006, equations 4.17 and 5.2):
//   k = s (1 + r + r^2 / 3) exp(-r),  r^2 = 5 sum over columns of w[group] (a - b)^2
class Kernel final {
  public:
    // groups: of every column, numbered from 0 without gaps.
    explicit Kernel(std::vector<Eigen::Index> groups);

    // Rows of a and b are points.
    [[nodiscard]] Eigen::MatrixXd operator()(const Eigen::MatrixXd& a,
                                             const Eigen::MatrixXd& b) const;
    [[nodiscard]] double signal() const; // k of a point and itself
    [[nodiscard]] double noise() const;  // variance of a measurement

    // At most `steps` steps towards the parameters that make y, of mean 0 and about unit variance,
    // likeliest (the marginal likelihood, equation 5.8, with a prior), from where they stand.
    void learn(const Eigen::MatrixXd& x, const Eigen::VectorXd& y, int steps);

  private:
    // Logarithms of: a weight for each group, the noise, the signal.
    using Parameters = Eigen::VectorXd;
    struct Slope {
        double value; // log of the posterior, but for a constant
        Parameters gradient;
    };
    struct Sample; // what stays the same while learning
    [[nodiscard]] Slope slope(const Sample& sample, const Parameters& at) const;
    [[nodiscard]] Eigen::Index group_count() const { return parameters_.size() - 2; }

    std::vector<Eigen::Index> groups_;
    Parameters prior_;
    Parameters prior_width_;
    Parameters parameters_;
};

} // namespace hone::surrogate
