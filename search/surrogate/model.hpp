// A process that is fitted now and then and conditioned on all that comes between.
#pragma once

#include "encoding.hpp"
#include "kernel.hpp"
#include "posterior.hpp"

#include <optional>
#include <unordered_map>

namespace hone::surrogate {

class Model final {
  public:
    explicit Model(const Encoding& encoding) : encoding_(&encoding), kernel_(encoding.groups()) {}

    struct Sample {
        std::vector<ConfigIndex> configs; // all different
        std::vector<double> values;
    };
    // Learns from the sample alone; candidates and beliefs are forgotten. Drops what costs too
    // much: keeps the smallest values and draws of the others. sample: not empty.
    void fit(Sample sample, int steps, std::mt19937_64& random);
    void forget() { posterior_.reset(); }
    [[nodiscard]] bool fitted() const { return posterior_.has_value(); }

    // The rest needs fitted().
    void add_candidates(const Eigen::MatrixXd& points) { posterior_->add_candidates(points); }
    void add(ConfigIndex config, double value);
    // As if what is predicted for the config had been measured, until it is added.
    void believe(ConfigIndex config);
    // In the sample's units, of every candidate.
    [[nodiscard]] Eigen::VectorXd mean() const;
    [[nodiscard]] Eigen::VectorXd variance() const;

  private:
    const Encoding* encoding_;
    Kernel kernel_;
    std::optional<Posterior> posterior_;
    std::unordered_map<std::uint64_t, Eigen::Index> rows_; // of the posterior, by config
    double centre_ = 0;
    double scale_ = 1;
};

} // namespace hone::surrogate
