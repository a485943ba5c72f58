#include "posterior.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>

namespace hone::surrogate {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index more_rows = 64;
constexpr Index more_columns = 128;
constexpr double least_variance = 1e-9;

} // namespace

Posterior::Posterior(const Kernel& kernel, const MatrixXd& x, const VectorXd& y)
    : kernel_(kernel), n_(x.rows()) {
    x_.resize(0, x.cols());
    candidates_.resize(0, x.cols());
    reserve(n_ + more_rows, 0);
    x_.topRows(n_) = x;
    y_.head(n_) = y;
    MatrixXd covariance = kernel_(x, x);
    covariance.diagonal().array() += kernel_.noise();
    Eigen::LLT<MatrixXd> factor(covariance);
    // Points that are nearly the same make the factor fail in rounding.
    for (double more = least_variance; factor.info() != Eigen::Success && more < 1; more *= 10) {
        covariance.diagonal().array() += more * kernel_.signal();
        factor.compute(covariance);
    }
    factor_.topLeftCorner(n_, n_) = factor.matrixL();
    white_.head(n_) = factor.matrixL().solve(y);
}

void Posterior::reserve(Index rows, Index columns) {
    if (rows > x_.rows()) {
        x_.conservativeResize(rows, Eigen::NoChange);
        y_.conservativeResize(rows);
        white_.conservativeResize(rows);
        factor_.conservativeResize(rows, rows);
        reach_.conservativeResize(rows, Eigen::NoChange);
    }
    if (columns > reach_.cols()) {
        reach_.conservativeResize(Eigen::NoChange, columns);
        candidates_.conservativeResize(columns, Eigen::NoChange);
        mean_.conservativeResize(columns);
        variance_.conservativeResize(columns);
    }
}

VectorXd Posterior::row_of(const VectorXd& point) const {
    const VectorXd alike = kernel_(x_.topRows(n_), point.transpose());
    return factor_.topLeftCorner(n_, n_).triangularView<Eigen::Lower>().solve(alike);
}

void Posterior::add(const VectorXd& point, double y) { append(point, row_of(point), y); }

void Posterior::believe(const VectorXd& point) {
    const VectorXd row = row_of(point);
    append(point, row, row.dot(white_.head(n_)));
}

void Posterior::correct(Index i, double y) {
    y_(i) = y;
    // Only what was added since depends on it: mostly it is the last.
    const Index later = n_ - i;
    const VectorXd left = y_.segment(i, later) - factor_.block(i, 0, later, i) * white_.head(i);
    const VectorXd white =
        factor_.block(i, i, later, later).triangularView<Eigen::Lower>().solve(left);
    if (m_ > 0)
        mean_.head(m_) +=
            reach_.block(i, 0, later, m_).transpose() * (white - white_.segment(i, later));
    white_.segment(i, later) = white;
}

void Posterior::append(const VectorXd& point, const VectorXd& row, double y) {
    if (n_ == x_.rows()) reserve(n_ + more_rows, 0);
    const double left = kernel_.signal() + kernel_.noise() - row.squaredNorm();
    const double diagonal = std::sqrt(std::max(left, least_variance));
    factor_.row(n_).head(n_) = row.transpose();
    factor_(n_, n_) = diagonal;
    x_.row(n_) = point.transpose();
    y_(n_) = y;
    white_(n_) = (y - row.dot(white_.head(n_))) / diagonal;
    if (m_ > 0) {
        Eigen::RowVectorXd reach = kernel_(point.transpose(), candidates_.topRows(m_));
        reach.noalias() -= row.transpose() * reach_.topLeftCorner(n_, m_);
        reach /= diagonal;
        reach_.row(n_).head(m_) = reach;
        variance_.head(m_) -= reach.transpose().cwiseAbs2();
        mean_.head(m_) += reach.transpose() * white_(n_);
    }
    ++n_;
}

void Posterior::add_candidates(const MatrixXd& points) {
    const Index more = points.rows();
    if (m_ + more > reach_.cols()) reserve(0, m_ + more + more_columns);
    candidates_.middleRows(m_, more) = points;
    MatrixXd reach = kernel_(x_.topRows(n_), points);
    factor_.topLeftCorner(n_, n_).triangularView<Eigen::Lower>().solveInPlace(reach);
    reach_.block(0, m_, n_, more) = reach;
    mean_.segment(m_, more) = reach.transpose() * white_.head(n_);
    variance_.segment(m_, more) =
        kernel_.signal() - reach.colwise().squaredNorm().transpose().array();
    m_ += more;
}

} // namespace hone::surrogate
