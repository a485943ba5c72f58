// The Gaussian process of surrogate search, against its definition.
#ifdef HONE_SEARCH_SURROGATE

#include "search/surrogate/model.hpp"
#include "search/surrogate/promise.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"
#include "tests/space/spaces.hpp"

#include <Eigen/LU>

using namespace hone;
using namespace hone::surrogate;
using namespace hone::test;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

MatrixXd random_points(Index rows, Index columns, std::mt19937_64& random) {
    return MatrixXd::NullaryExpr(rows, columns,
                                 [&] { return std::uniform_real_distribution<>()(random); });
}

// Rasmussen and Williams, equations 2.23 and 2.24.
struct Plain {
    VectorXd mean;
    VectorXd variance;
};
Plain plain(const Kernel& kernel, const MatrixXd& x, const VectorXd& y, const MatrixXd& at) {
    MatrixXd covariance = kernel(x, x);
    covariance.diagonal().array() += kernel.noise();
    const MatrixXd inverse = covariance.inverse();
    const MatrixXd across = kernel(at, x);
    return {across * inverse * y,
            (kernel(at, at) - across * inverse * across.transpose()).diagonal()};
}

void check_near(const VectorXd& a, const VectorXd& b) {
    REQUIRE(a.size() == b.size());
    CHECK((a - b).cwiseAbs().maxCoeff() < 1e-6);
}

} // namespace

TEST_CASE("a posterior that grew is the posterior of all it was given", "[search]") {
    std::mt19937_64 random(seed());
    const Kernel kernel({0, 1, 1, 2});
    // Enough of both for the tables to be enlarged.
    const MatrixXd x = random_points(200, 4, random);
    const MatrixXd at = random_points(300, 4, random);
    VectorXd y = x.rowwise().sum().array().sin().matrix();
    Posterior posterior(kernel, x.topRows(5), y.head(5));
    posterior.add_candidates(at.topRows(10));
    for (Index i = 5; i < 200; ++i) {
        posterior.add(x.row(i).transpose(), i == 50 ? 7.0 : y(i));
        if (i == 100) posterior.add_candidates(at.bottomRows(290));
    }
    y(50) = -1;
    posterior.correct(50, -1);
    const Plain expected = plain(kernel, x, y, at);
    check_near(posterior.mean(), expected.mean);
    check_near(posterior.variance(), expected.variance);
}

TEST_CASE("what is believed narrows the prediction and does not move it", "[search]") {
    std::mt19937_64 random(seed());
    const Kernel kernel({0, 1});
    const MatrixXd x = random_points(8, 2, random);
    const MatrixXd at = random_points(20, 2, random);
    Posterior posterior(kernel, x, x.col(0));
    posterior.add_candidates(at);
    const VectorXd mean = posterior.mean();
    const VectorXd variance = posterior.variance();
    posterior.believe(at.row(3).transpose());
    check_near(posterior.mean(), mean);
    CHECK(posterior.variance()(3) < variance(3) * 0.5 + 0.02);
    CHECK((posterior.variance().array() <= variance.array() + 1e-12).all());
}

TEST_CASE("equal points do not break a posterior", "[search]") {
    const Kernel kernel({0});
    const MatrixXd x = MatrixXd::Zero(20, 1);
    Posterior posterior(kernel, x, VectorXd::Constant(20, 2.0));
    posterior.add(VectorXd::Zero(1), 2);
    posterior.add_candidates(MatrixXd::Zero(1, 1));
    CHECK(posterior.mean()(0) == Approx(2).epsilon(0.01));
    CHECK(posterior.variance()(0) >= -1e-9);
}

TEST_CASE("a kernel learns which columns matter", "[search]") {
    std::mt19937_64 random(seed());
    const MatrixXd x = random_points(60, 2, random);
    const VectorXd y = (6 * x.col(1)).array().sin().matrix();
    Kernel kernel({0, 1});
    kernel.learn(x, y, 30);
    const MatrixXd origin = MatrixXd::Zero(1, 2);
    MatrixXd moved = MatrixXd::Zero(2, 2);
    moved(0, 0) = 0.5;
    moved(1, 1) = 0.5;
    const MatrixXd alike = kernel(origin, moved) / kernel.signal();
    CHECK(alike(0, 0) > 0.9);
    CHECK(alike(0, 1) < 0.9);
    CHECK(kernel.noise() < 0.05);
}

TEST_CASE("orders, categories, switches and features become columns", "[search]") {
    std::mt19937_64 random(seed());
    std::vector<Parameter> parameters = counting_parameters(4, 3);
    parameters[1].ordinal = false;
    parameters[2].values.resize(2);
    parameters[3].values.resize(1); // says nothing
    const SearchSpace space(parameters, {});
    SearchTask task{&space};
    task.features = [&](ConfigIndex c) {
        return std::vector<double>{5, 1.0 + static_cast<double>(c.value)}; // the first never varies
    };
    const Encoding encoding(task, random);
    CHECK(encoding.groups() == std::vector<Index>{0, 1, 1, 1, 2, 2, 2, 3, 4});
    const auto at = [&](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
        return encoding.point(space.index(std::vector<std::uint32_t>{a, b, c, 0}));
    };
    CHECK(at(1, 0, 0)(0) == 0.5);
    CHECK((at(0, 0, 0) - at(0, 2, 0)).segment(4, 3).squaredNorm() == Approx(1));
    CHECK(at(0, 0, 1)(7) == 1);
    CHECK(at(2, 2, 1)(8) > at(0, 0, 0)(8));
}

TEST_CASE("expected improvement is right where it can be computed, and orders the rest",
          "[search]") {
    // 0 ahead, deviation 1: phi(0).
    CHECK(std::exp(log_expected_improvement(1, 1, 1)) == Approx(0.3989422804));
    CHECK(std::exp(log_expected_improvement(3, 1, 1e-12)) == Approx(2).epsilon(1e-3));
    double last = log_expected_improvement(0, 0, 1);
    for (double mean = 0.1; mean < 100; mean += 0.1) {
        const double next = log_expected_improvement(0, mean, 1);
        CHECK(next < last + 0.05); // the tail's first term joins with a small step
        if (mean < 4.5 || mean > 5.5) CHECK(next < last);
        last = next;
    }
}

#endif
