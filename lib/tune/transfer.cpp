#include "lib/tune/transfer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace hone {

namespace {

// Trials that other places may cost at most, and in a row without a better config.
constexpr int most_proposals = 24, patience = 10;
// Beyond these the proposals come no nearer to the best there.
constexpr std::size_t most_candidates = 1500;
// Larger tables of effects would make a proposal slow.
constexpr std::size_t most_effects = 400;
// Of logarithms. The level differs between devices by any factor; the effect of a value is about
// 30 %, and what no sum of effects explains about 20 %.
constexpr double level_variance = 100, effect_variance = 0.1, noise_variance = 0.05;
constexpr double confidence = 2;
// Of its own trials, what the other strategy learns: where the best is better by these logarithms
// than what the other found, or than the first of its own (so that the model leads somewhere).
constexpr std::size_t told_to_other = 2;
constexpr double better_than_other = 0.26, better_than_first = 0.05;
// Less does not count as an improvement.
constexpr double least_gain = 0.01;
// What failed counts as this much slower than the best.
constexpr double failure_log_ratio = 1;

} // namespace

TransferSearch::TransferSearch(std::unique_ptr<Strategy> other, std::vector<Prior> prior)
    : other_(std::move(other)), prior_(std::move(prior)) {}

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
    other_->begin(task);
}

bool TransferSearch::over() const noexcept {
    return proposed_ >= most_proposals || since_better_ >= patience;
}

std::optional<ConfigIndex> TransferSearch::propose(std::size_t batch) {
    Candidate* const next = over() ? nullptr : best_candidate();
    if (!next) return std::nullopt;
    next->taken = true;
    ++proposed_;
    own_.insert(next->config.value);
    // Within a batch what is expected stands for what will be measured, so that the next proposal
    // is not the same guess again.
    if (batch > 1) learn(*next, expected(*next));
    return next->config;
}

std::vector<ConfigIndex> TransferSearch::ask(std::size_t max,
                                             std::span<const ConfigIndex> pending) {
    std::vector<ConfigIndex> proposals;
    std::vector<ConfigIndex> unavailable(pending.begin(), pending.end());
    for (const Observation& held : held_) unavailable.push_back(held.config);
    bool other_waits = false;
    while (proposals.size() < max) {
        if (own_turn_ || other_waits) {
            if (const auto own = propose(max)) {
                proposals.push_back(*own);
                unavailable.push_back(*own);
                own_turn_ = false;
                continue;
            }
            if (own_.empty() && !held_.empty()) {
                hand_over();
                unavailable.assign(pending.begin(), pending.end());
                unavailable.insert(unavailable.end(), proposals.begin(), proposals.end());
            }
            if (other_waits) break;
        }
        // Alone it gets the whole batch, else one place after the other.
        const std::size_t places = over() || candidates_.empty() ? max - proposals.size() : 1;
        const std::vector<ConfigIndex> more = other_->ask(places, unavailable);
        own_turn_ = true;
        other_waits = more.empty();
        for (const ConfigIndex config : more) {
            if (const auto found = place_.find(config.value); found != place_.end())
                candidates_[found->second].taken = true;
            proposals.push_back(config);
            unavailable.push_back(config);
        }
    }
    return proposals;
}

bool TransferSearch::helped() const noexcept {
    if (!best_own_) return false;
    return !other_best_ || *best_own_ < *other_best_ - better_than_other ||
           (*best_own_ < *other_best_ && *best_own_ < *first_own_ - better_than_first);
}

void TransferSearch::hand_over() {
    const std::size_t told = helped() ? told_to_other : 0;
    std::stable_sort(held_.begin(), held_.end(), [](const Observation& a, const Observation& b) {
        const auto key = [](const Observation& o) {
            return o.outcome == Outcome::ok ? o.value : std::numeric_limits<double>::infinity();
        };
        return key(a) < key(b);
    });
    for (std::size_t i = 0; i < held_.size(); ++i) {
        if (i >= told) held_[i].outcome = Outcome::skipped;
        other_->tell(held_[i]);
    }
    held_.clear();
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

double TransferSearch::expected(const Candidate& candidate) const {
    double mean = 0;
    for (const std::uint32_t e : candidate.effects) mean += effect_[e];
    return mean;
}

double TransferSearch::bound(const Candidate& candidate) const {
    const std::size_t count = effect_.size();
    double variance = 0;
    for (const std::uint32_t a : candidate.effects)
        for (const std::uint32_t b : candidate.effects) variance += covariance_[a * count + b];
    return candidate.log_ratio + expected(candidate) -
           confidence * std::sqrt(std::max(variance, 0.0));
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
    const bool own = own_.erase(observation.config.value) > 0;
    if (own)
        held_.push_back(observation);
    else
        other_->tell(observation);

    const bool measured = observation.outcome == Outcome::ok && observation.value > 0;
    const double here = measured ? std::log(observation.value) : 0;
    if (const auto found = place_.find(observation.config.value); found != place_.end()) {
        Candidate& candidate = candidates_[found->second];
        candidate.taken = true;
        if (measured)
            learn(candidate, here - candidate.log_ratio);
        else if (best_ && observation.outcome != Outcome::skipped)
            learn(candidate, *best_ + failure_log_ratio - candidate.log_ratio);
    }
    const bool better = measured && (!best_ || here < *best_ - least_gain);
    if (measured) {
        const auto lower = [&](std::optional<double>& best) {
            best = best ? std::min(*best, here) : here;
        };
        lower(best_);
        lower(own ? best_own_ : other_best_);
        if (own && !first_own_) first_own_ = here;
    }
    if (own) since_better_ = better ? 0 : since_better_ + 1;
}

} // namespace hone
