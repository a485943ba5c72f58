#include "model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hone::surrogate {
namespace {

// Learning the kernel costs the cube of these, conditioning the square of those.
constexpr std::size_t most_learnt_from = 100;
constexpr std::size_t most_conditioned_on = 500;
constexpr double least_scale = 1e-3;

// The half with the smallest values, and draws of the others.
void thin(Model::Sample& sample, std::size_t most, std::mt19937_64& random) {
    if (sample.values.size() <= most) return;
    std::vector<std::size_t> order(sample.values.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return sample.values[a] < sample.values[b];
    });
    std::shuffle(order.begin() + static_cast<std::ptrdiff_t>(most / 2), order.end(), random);
    Model::Sample kept;
    for (std::size_t i = 0; i < most; ++i) {
        kept.configs.push_back(sample.configs[order[i]]);
        kept.values.push_back(sample.values[order[i]]);
    }
    sample = std::move(kept);
}

} // namespace

void Model::fit(Sample sample, int steps, std::mt19937_64& random) {
    thin(sample, most_conditioned_on, random);
    Eigen::Map<const Eigen::VectorXd> values(sample.values.data(),
                                             static_cast<Eigen::Index>(sample.values.size()));
    centre_ = values.mean();
    scale_ = std::max(std::sqrt((values.array() - centre_).square().mean()), least_scale);
    for (double& value : sample.values) value = (value - centre_) / scale_;

    Sample few = sample;
    thin(few, most_learnt_from, random);
    const auto vector_of = [](const std::vector<double>& v) -> Eigen::VectorXd {
        return Eigen::Map<const Eigen::VectorXd>(v.data(), static_cast<Eigen::Index>(v.size()));
    };
    kernel_.learn(encoding_->points(few.configs), vector_of(few.values), steps);
    posterior_.emplace(kernel_, encoding_->points(sample.configs), vector_of(sample.values));
    rows_.clear();
    for (std::size_t i = 0; i < sample.configs.size(); ++i)
        rows_[sample.configs[i].value] = static_cast<Eigen::Index>(i);
}

void Model::add(ConfigIndex config, double value) {
    const double y = (value - centre_) / scale_;
    const auto [row, fresh] = rows_.try_emplace(config.value, posterior_->size());
    if (fresh)
        posterior_->add(encoding_->point(config), y);
    else
        posterior_->correct(row->second, y);
}

void Model::believe(ConfigIndex config) {
    if (rows_.try_emplace(config.value, posterior_->size()).second)
        posterior_->believe(encoding_->point(config));
}

Eigen::VectorXd Model::mean() const { return posterior_->mean().array() * scale_ + centre_; }

Eigen::VectorXd Model::variance() const { return posterior_->variance() * (scale_ * scale_); }

} // namespace hone::surrogate
