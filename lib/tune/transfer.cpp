#include "lib/tune/transfer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace hone {

namespace {

// Trials that other places may cost at most, and in a row without a better config.
constexpr int most_proposals = 32, patience = 12;
// Beyond these the proposals come no nearer to the best there.
constexpr std::size_t most_candidates = 1500;
// Larger tables of effects would make a proposal slow.
constexpr std::size_t most_effects = 400;
// Of logarithms. The level differs between devices by any factor; the effect of a value is about
// 30 %, and what no sum of effects explains about 20 %.
constexpr double level_variance = 100, effect_variance = 0.1, noise_variance = 0.05;
constexpr double confidence = 1;
// What failed counts as this much slower than the best.
constexpr double failure_log_ratio = 1;

} // namespace

TransferSearch::TransferSearch(std::unique_ptr<Strategy> then, std::vector<Prior> prior)
    : then_(std::move(then)), prior_(std::move(prior)) {}

void TransferSearch::begin(const SearchTask& task) {
    const SearchSpace& space = *task.space;
    std::erase_if(prior_, [&](const Prior& prior) { return !space.legal(prior.config); });
    std::sort(prior_.begin(), prior_.end(), [](const Prior& a, const Prior& b) {
        return std::pair(a.log_ratio, a.config) < std::pair(b.log_ratio, b.config);
    });
    if (prior_.size() > most_candidates) prior_.resize(most_candidates);

    std::vector<std::uint32_t> first; // place of each parameter's effects
    std::uint32_t count = 1;          // the level is the first
    for (const Parameter& parameter : space.parameters()) {
        first.push_back(count);
        count += static_cast<std::uint32_t>(parameter.values.size());
    }
    if (count > most_effects) prior_.clear();
    std::vector<std::uint32_t> digits(first.size());
    for (const Prior& prior : prior_) {
        if (!place_.try_emplace(prior.config.value, candidates_.size()).second) continue;
        space.digits(prior.config, digits);
        Candidate candidate{prior.config, prior.log_ratio, {0}, false};
        for (std::size_t p = 0; p < digits.size(); ++p)
            // A parameter that has one value explains nothing.
            if (space.parameters()[p].values.size() > 1)
                candidate.effects.push_back(first[p] + digits[p]);
        candidates_.push_back(std::move(candidate));
    }
    effect_.assign(count, 0);
    covariance_.assign(std::size_t{count} * count, 0);
    for (std::size_t e = 0; e < count; ++e)
        covariance_[e * count + e] = e == 0 ? level_variance : effect_variance;
    then_->begin(task);
}

bool TransferSearch::over() const noexcept {
    return proposed_ >= most_proposals || since_better_ >= patience;
}

std::vector<ConfigIndex> TransferSearch::ask(std::size_t max,
                                             std::span<const ConfigIndex> pending) {
    std::vector<ConfigIndex> proposals;
    while (proposals.size() < max && !over()) {
        Candidate* const next = best_candidate();
        if (!next) break;
        next->taken = true;
        ++proposed_;
        // One batch is chosen by one state of knowledge; expecting the mean of what is under way
        // keeps it from being twenty times the same guess.
        if (max > 1)
            learn(*next, [&] {
                double mean = 0;
                for (const std::uint32_t e : next->effects) mean += effect_[e];
                return mean;
            }());
        proposals.push_back(next->config);
    }
    if (!proposals.empty()) return proposals;
    return then_->ask(max, pending);
}

TransferSearch::Candidate* TransferSearch::best_candidate() {
    Candidate* best = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (Candidate& candidate : candidates_) {
        if (candidate.taken) continue;
        const double value = bound(candidate);
        if (value >= least) continue;
        least = value;
        best = &candidate;
    }
    return best;
}

double TransferSearch::bound(const Candidate& candidate) const {
    const std::size_t count = effect_.size();
    double mean = candidate.log_ratio, variance = 0;
    for (const std::uint32_t a : candidate.effects) {
        mean += effect_[a];
        for (const std::uint32_t b : candidate.effects) variance += covariance_[a * count + b];
    }
    return mean - confidence * std::sqrt(std::max(variance, 0.0));
}

// One step of recursive least squares.
void TransferSearch::learn(const Candidate& candidate, double residual) {
    const std::size_t count = effect_.size();
    std::vector<double> gain(count, 0);
    double variance = noise_variance, error = residual;
    for (const std::uint32_t b : candidate.effects) {
        for (std::size_t a = 0; a < count; ++a) gain[a] += covariance_[a * count + b];
        error -= effect_[b];
    }
    for (const std::uint32_t a : candidate.effects) variance += gain[a];
    for (std::size_t a = 0; a < count; ++a) {
        if (gain[a] == 0) continue;
        const double share = gain[a] / variance;
        effect_[a] += share * error;
        for (std::size_t b = 0; b < count; ++b) covariance_[a * count + b] -= share * gain[b];
    }
}

void TransferSearch::tell(const Observation& observation) {
    then_->tell(observation);
    const bool measured = observation.outcome == Outcome::ok && observation.value > 0;
    const double here = measured ? std::log(observation.value) : 0;
    const auto found = place_.find(observation.config.value);
    if (found != place_.end()) {
        Candidate& candidate = candidates_[found->second];
        candidate.taken = true;
        if (measured)
            learn(candidate, here - candidate.log_ratio);
        else if (any_ && observation.outcome != Outcome::skipped)
            learn(candidate, best_ + failure_log_ratio - candidate.log_ratio);
        ++since_better_;
    }
    if (measured && (!any_ || here < best_)) {
        best_ = here;
        any_ = true;
        since_better_ = 0;
    }
}

} // namespace hone
