#include "lib/tune/residual_process.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace hone {

namespace {

// Of logarithms. The level differs between devices by any factor; what configs differ in beyond it
// is about 40 %, and of that a measurement of one config says all but 10 %.
constexpr double level_variance = 100, own_variance = 0.15, noise_variance = 0.01;
// Configs that differ in everything share exp(-1.4) of it.
constexpr double all_weights = 1.4;

} // namespace

ResidualProcess::ResidualProcess(std::vector<Digits> configs, std::vector<double> weights)
    : configs_(std::move(configs)), weights_(std::move(weights)), mean_(configs_.size(), 0),
      variance_(configs_.size(), level_variance + own_variance) {}

double ResidualProcess::covariance(std::size_t a, std::size_t b) const {
    double apart = 0;
    for (std::size_t p = 0; p < weights_.size(); ++p)
        if (configs_[a][p] != configs_[b][p]) apart += weights_[p];
    return level_variance + own_variance * std::exp(-apart);
}

void ResidualProcess::learn(std::size_t config, double difference) {
    const auto known = std::find(learnt_.begin(), learnt_.end(), config);
    if (known != learnt_.end()) {
        differences_[static_cast<std::size_t>(known - learnt_.begin())] = difference;
        update_means();
        return;
    }
    std::vector<double> row; // of the factor, left of its diagonal
    for (const std::vector<double>& reach : reach_) row.push_back(reach[config]);
    const double diagonal = std::sqrt(std::max(variance_[config], 0.0) + noise_variance);
    std::vector<double> reach(configs_.size());
    for (std::size_t i = 0; i < configs_.size(); ++i) {
        double rest = covariance(config, i);
        for (std::size_t r = 0; r < row.size(); ++r) rest -= row[r] * reach_[r][i];
        reach[i] = rest / diagonal;
        variance_[i] -= reach[i] * reach[i];
    }
    row.push_back(diagonal);
    factor_.push_back(std::move(row));
    reach_.push_back(std::move(reach));
    learnt_.push_back(config);
    differences_.push_back(difference);
    update_means();
}

void ResidualProcess::update_means() {
    std::vector<double> white; // L^-1 differences
    std::fill(mean_.begin(), mean_.end(), 0.0);
    for (std::size_t r = 0; r < learnt_.size(); ++r) {
        double rest = differences_[r];
        for (std::size_t c = 0; c < r; ++c) rest -= factor_[r][c] * white[c];
        white.push_back(rest / factor_[r][r]);
        for (std::size_t i = 0; i < mean_.size(); ++i) mean_[i] += white[r] * reach_[r][i];
    }
}

double ResidualProcess::deviation(std::size_t config) const {
    return std::sqrt(std::max(variance_[config], 0.0));
}

std::vector<double> weights_of_parameters(const std::vector<Digits>& configs,
                                          const std::vector<double>& logs) {
    const std::size_t parameters = configs.empty() ? 0 : configs.front().size();
    std::vector<double> weights(parameters, -1); // below 0: not known
    std::vector<bool> varies(parameters);
    double sum = 0, known = 0;
    for (std::size_t p = 0; p < parameters; ++p) {
        varies[p] = std::any_of(configs.begin(), configs.end(), [&](const Digits& config) {
            return config[p] != configs.front()[p];
        });
        if (!varies[p]) continue;
        std::map<Digits, std::vector<double>> alike; // but for p
        for (std::size_t i = 0; i < configs.size(); ++i) {
            Digits digits = configs[i];
            digits[p] = 0;
            alike[std::move(digits)].push_back(logs[i]);
        }
        double squares = 0, groups = 0;
        for (const auto& [digits, group] : alike) {
            if (group.size() < 2) continue;
            const auto count = static_cast<double>(group.size());
            const double mean = std::accumulate(group.begin(), group.end(), 0.0) / count;
            double variance = 0;
            for (const double log : group) variance += (log - mean) * (log - mean) / (count - 1);
            squares += 2 * variance; // of the difference between two of them
            ++groups;
        }
        if (groups == 0) continue;
        weights[p] = squares / groups;
        sum += weights[p];
        ++known;
    }
    // Only proportions count: what differs little elsewhere may differ much here.
    const double other = sum > 0 ? sum / known : 1;
    double all = 0;
    for (std::size_t p = 0; p < parameters; ++p) {
        if (!varies[p])
            weights[p] = 0; // nothing tells configs apart by it
        else if (weights[p] < 0 || sum == 0)
            weights[p] = other;
        all += weights[p];
    }
    if (all > 0)
        for (double& weight : weights) weight *= all_weights / all;
    return weights;
}

} // namespace hone
