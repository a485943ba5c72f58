#include "kernel.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace hone::surrogate {

using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

// Rprop (Riedmiller, Braun, "A direct adaptive method for faster backpropagation learning", 1993):
// only the signs of the slopes count, so that the scale of the likelihood does not matter.
constexpr double first_step = 0.3;
constexpr double longest_step = 1.0;
constexpr double grow = 1.3;
constexpr double shrink = 0.5;
constexpr double bound = 9; // of every logarithm
constexpr double least_noise = 1e-6;

// The columns of a group together say as much as one that goes from 0 to 1, and all groups
// together vary the process; the prior is wide.
constexpr double weight_width = 2.5;
constexpr double prior_noise = 0.01;
constexpr double noise_width = 2.0;
constexpr double signal_width = 1.0;

MatrixXd squared_distances(const MatrixXd& a, const MatrixXd& b) {
    MatrixXd result = -2 * a * b.transpose();
    result.colwise() += a.rowwise().squaredNorm();
    result.rowwise() += b.rowwise().squaredNorm().transpose();
    return result.cwiseMax(0);
}

} // namespace

struct Kernel::Sample {
    std::vector<MatrixXd> distances; // squared, of each group
    VectorXd y;
};

Kernel::Kernel(std::vector<Index> groups) : groups_(std::move(groups)) {
    const Index count = groups_.empty() ? 0 : groups_.back() + 1;
    prior_.resize(count + 2);
    prior_.head(count).setConstant(1 - std::log(std::max(1.0, static_cast<double>(count))));
    prior_(count) = std::log(prior_noise);
    prior_(count + 1) = 0;
    prior_width_.resize(count + 2);
    prior_width_.head(count).setConstant(weight_width);
    prior_width_(count) = noise_width;
    prior_width_(count + 1) = signal_width;
    parameters_ = prior_;
}

double Kernel::noise() const { return std::exp(parameters_(group_count())) + least_noise; }

double Kernel::signal() const { return std::exp(parameters_(group_count() + 1)); }

MatrixXd Kernel::operator()(const MatrixXd& a, const MatrixXd& b) const {
    Eigen::RowVectorXd scale(a.cols());
    for (Index c = 0; c < a.cols(); ++c)
        scale(c) = std::exp(0.5 * parameters_(groups_[static_cast<std::size_t>(c)]));
    const MatrixXd a_scaled = a.array().rowwise() * scale.array();
    const MatrixXd b_scaled = b.array().rowwise() * scale.array();
    const ArrayXXd r = (5 * squared_distances(a_scaled, b_scaled)).array().sqrt();
    return (signal() * (1 + r + r.square() / 3) * (-r).exp()).matrix();
}

// Equation 5.9 for every parameter, and the slope of the normal prior.
Kernel::Slope Kernel::slope(const Sample& sample, const Parameters& at) const {
    const Index n = sample.y.size();
    const Index count = group_count();
    MatrixXd squares = MatrixXd::Zero(n, n);
    for (Index g = 0; g < count; ++g)
        squares += std::exp(at(g)) * sample.distances[static_cast<std::size_t>(g)];
    const ArrayXXd r = (5 * squares).array().sqrt();
    const ArrayXXd decay = std::exp(at(count + 1)) * (-r).exp();
    const ArrayXXd alike = (1 + r + r.square() / 3) * decay;
    MatrixXd covariance = alike.matrix();
    covariance.diagonal().array() += std::exp(at(count)) + least_noise;
    const Eigen::LLT<MatrixXd> factor(covariance);
    if (factor.info() != Eigen::Success)
        return {-std::numeric_limits<double>::infinity(), Parameters::Zero(at.size())};

    const VectorXd alpha = factor.solve(sample.y);
    const Parameters off = (at - prior_).cwiseQuotient(prior_width_);
    const double log_determinant = factor.matrixLLT().diagonal().array().log().sum();
    Slope result{-0.5 * sample.y.dot(alpha) - log_determinant - 0.5 * off.squaredNorm(),
                 -off.cwiseQuotient(prior_width_)};
    const MatrixXd inverse = factor.solve(MatrixXd::Identity(n, n));
    const MatrixXd pull = alpha * alpha.transpose() - inverse;
    // dk / d(sum of the weighted squares) = -5/6 s (1 + r) exp(-r)
    const MatrixXd by_square = (pull.array() * (-5.0 / 6.0) * (1 + r) * decay).matrix();
    for (Index g = 0; g < count; ++g)
        result.gradient(g) +=
            0.5 * std::exp(at(g)) *
            by_square.cwiseProduct(sample.distances[static_cast<std::size_t>(g)]).sum();
    result.gradient(count) += 0.5 * std::exp(at(count)) * pull.trace();
    result.gradient(count + 1) += 0.5 * (pull.array() * alike).sum();
    return result;
}

void Kernel::learn(const MatrixXd& x, const VectorXd& y, int steps) {
    const Index n = x.rows();
    Sample sample{{}, y};
    for (Index g = 0; g < group_count(); ++g) sample.distances.emplace_back(MatrixXd::Zero(n, n));
    for (Index c = 0; c < x.cols(); ++c) {
        const MatrixXd column = x.col(c).replicate(1, n);
        const auto group = static_cast<std::size_t>(groups_[static_cast<std::size_t>(c)]);
        sample.distances[group] += (column - column.transpose()).cwiseAbs2();
    }

    Parameters at = parameters_;
    Parameters step = Parameters::Constant(at.size(), first_step);
    Parameters last = Parameters::Zero(at.size());
    double best = -std::numeric_limits<double>::infinity();
    for (int i = 0; i < steps; ++i) {
        const Slope here = slope(sample, at);
        if (!std::isfinite(here.value)) return;
        if (here.value > best) {
            best = here.value;
            parameters_ = at;
        }
        for (Index p = 0; p < at.size(); ++p) {
            const double turn = here.gradient(p) * last(p);
            if (turn > 0) step(p) = std::min(step(p) * grow, longest_step);
            if (turn < 0) step(p) *= shrink;
            at(p) = std::clamp(at(p) + std::copysign(step(p), here.gradient(p)), -bound, bound);
        }
        last = here.gradient;
    }
}

} // namespace hone::surrogate
