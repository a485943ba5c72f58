#include "encoding.hpp"

#include <algorithm>
#include <cmath>

namespace hone::surrogate {
namespace {

constexpr int drawn_for_ranges = 64;

// Registers, bytes and waves span orders of magnitude.
double squeezed(double feature) {
    if (!std::isfinite(feature)) return 0;
    return std::copysign(std::log1p(std::abs(feature)), feature);
}

} // namespace

Encoding::Encoding(const SearchTask& task, std::mt19937_64& random)
    : space_(task.space), features_of_(task.features) {
    std::size_t index = 0;
    for (const Parameter& parameter : space_->parameters()) add_parameter(index++, parameter);
    if (features_of_) add_features(random);
}

void Encoding::add_parameter(std::size_t index, const Parameter& parameter) {
    const std::size_t values = parameter.values.size();
    if (values == 1) return;
    const Eigen::Index next = groups_.empty() ? 0 : groups_.back() + 1;
    Eigen::Index group = next;
    if (parameter.ordinal || values == 2) {
        Column place{index, {}};
        for (std::size_t i = 0; i < values; ++i)
            place.at.push_back(static_cast<double>(i) / static_cast<double>(values - 1));
        columns_.push_back(std::move(place));
        groups_.push_back(group++);
    }
    if (values == 2) return;
    // Two different values are at squared distance 1, as the ends of an order are.
    for (std::size_t i = 0; i < values; ++i) {
        Column is{index, std::vector<double>(values, 0.0)};
        is.at[i] = std::sqrt(0.5);
        columns_.push_back(std::move(is));
        groups_.push_back(group);
    }
}

void Encoding::add_features(std::mt19937_64& random) {
    std::vector<Feature> seen;
    for (int i = 0; i < drawn_for_ranges; ++i) {
        const auto config = space_->sample(random);
        if (!config) return;
        const std::vector<double> features = features_of_(*config);
        if (i == 0)
            for (std::size_t f = 0; f < features.size(); ++f)
                seen.push_back({f, squeezed(features[f]), squeezed(features[f])});
        for (std::size_t f = 0; f < std::min(seen.size(), features.size()); ++f) {
            seen[f].low = std::min(seen[f].low, squeezed(features[f]));
            seen[f].high = std::max(seen[f].high, squeezed(features[f]));
        }
    }
    for (const Feature& feature : seen) {
        if (!(feature.low < feature.high)) continue;
        groups_.push_back(groups_.empty() ? 0 : groups_.back() + 1);
        features_.push_back(feature);
    }
}

Eigen::VectorXd Encoding::point(ConfigIndex config) const {
    Eigen::VectorXd point = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(groups_.size()));
    std::vector<std::uint32_t> digits(space_->parameters().size());
    space_->digits(config, digits);
    Eigen::Index at = 0;
    for (const Column& column : columns_) point(at++) = column.at[digits[column.parameter]];
    if (features_.empty()) return point;
    const std::vector<double> values = features_of_(config);
    for (const Feature& feature : features_) {
        const double value = feature.index < values.size() ? squeezed(values[feature.index]) : 0.0;
        point(at++) = (value - feature.low) / (feature.high - feature.low);
    }
    return point;
}

Eigen::MatrixXd Encoding::points(const std::vector<ConfigIndex>& configs) const {
    Eigen::MatrixXd points(static_cast<Eigen::Index>(configs.size()),
                           static_cast<Eigen::Index>(groups_.size()));
    for (std::size_t i = 0; i < configs.size(); ++i)
        points.row(static_cast<Eigen::Index>(i)) = point(configs[i]).transpose();
    return points;
}

} // namespace hone::surrogate
