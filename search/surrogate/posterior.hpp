// What is known at a pool of candidates after some measurements.
#pragma once

#include "kernel.hpp"

#include <Eigen/Core>

namespace hone::surrogate {

// A Gaussian process of mean 0 conditioned on measurements. Cheap to keep: with n measurements and
// m candidates one more measurement costs O(n (n + m)), one more candidate O(n^2), because the
// factor of the covariance grows by a row (Rasmussen, Williams, 2006, algorithm 2.1 and appendix
// A.3).
class Posterior final {
  public:
    // Rows of x are points; y is what was measured there. kernel: copied. No candidates yet.
    Posterior(const Kernel& kernel, const Eigen::MatrixXd& x, const Eigen::VectorXd& y);

    void add(const Eigen::VectorXd& point, double y);
    // As if the prediction had been measured: lowers the variance around the point.
    void believe(const Eigen::VectorXd& point);
    // Measurement i, counted from 0 in the order of x and what was added, is y.
    void correct(Eigen::Index i, double y);
    [[nodiscard]] Eigen::Index size() const { return n_; }

    void add_candidates(const Eigen::MatrixXd& points);
    // Of every candidate, in the order they were added.
    [[nodiscard]] Eigen::VectorXd mean() const { return mean_.head(m_); }
    [[nodiscard]] Eigen::VectorXd variance() const { return variance_.head(m_); }

  private:
    // The new row's part of the factor, left of its diagonal.
    [[nodiscard]] Eigen::VectorXd row_of(const Eigen::VectorXd& point) const;
    void append(const Eigen::VectorXd& point, const Eigen::VectorXd& row, double y);
    void reserve(Eigen::Index rows, Eigen::Index columns);

    Kernel kernel_;
    Eigen::Index n_ = 0;
    Eigen::Index m_ = 0;
    // Only the first n_ rows and m_ columns count.
    Eigen::MatrixXd x_;
    Eigen::VectorXd y_;
    Eigen::MatrixXd factor_; // L, with L L^T = k(x, x) + noise
    Eigen::VectorXd white_;  // L^-1 y
    Eigen::MatrixXd candidates_;
    Eigen::MatrixXd reach_; // L^-1 k(x, candidates)
    Eigen::VectorXd mean_;
    Eigen::VectorXd variance_;
};

} // namespace hone::surrogate
