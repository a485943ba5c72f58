#include "lib/tune/transfer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace hone {

namespace {

// Proposals at most: unlike each other, in all, and in a row without a better config.
constexpr std::size_t most_unlike = 8;
constexpr int most_proposals = 48, patience = 12;
// Beyond these the proposals come no nearer to the best there.
constexpr std::size_t most_candidates = 1500;
constexpr double confidence = 1;
// Less does not count as an improvement.
constexpr double least_gain = 0.01;
// What failed counts as this much slower than the best.
constexpr double failure_log_ratio = 1;

bool unlike(const Digits& a, const Digits& b, std::size_t varied) {
    std::size_t different = 0;
    for (std::size_t p = 0; p < a.size(); ++p) different += a[p] != b[p];
    return 2 * different >= varied;
}

} // namespace

TransferSearch::TransferSearch(std::unique_ptr<Strategy> other, std::vector<Prior> prior)
    : other_(std::move(other)), prior_(std::move(prior)) {}

void TransferSearch::begin(const SearchTask& task) {
    const SearchSpace& space = *task.space;
    std::erase_if(prior_, [&](const Prior& prior) { return !space.legal(prior.config); });
    std::sort(prior_.begin(), prior_.end(), [](const Prior& a, const Prior& b) {
        return std::pair(a.log_ratio, a.config) < std::pair(b.log_ratio, b.config);
    });
    std::vector<double> logs;
    for (const Prior& prior : prior_) {
        if (!place_.try_emplace(prior.config.value, candidates_.size()).second) continue;
        candidates_.push_back({prior.config, prior.log_ratio, false});
        digits_.emplace_back(space.parameters().size());
        space.digits(prior.config, digits_.back());
        logs.push_back(prior.log_ratio);
    }
    std::vector<double> weights = weights_of_parameters(digits_, logs);
    for (std::size_t i = most_candidates; i < candidates_.size(); ++i)
        place_.erase(candidates_[i].config.value);
    if (candidates_.size() > most_candidates) {
        candidates_.resize(most_candidates);
        digits_.resize(most_candidates);
    }
    difference_.emplace(digits_, std::move(weights));
    varied_ = static_cast<std::size_t>(
        std::count_if(space.parameters().begin(), space.parameters().end(),
                      [](const Parameter& parameter) { return parameter.values.size() > 1; }));
    other_->begin(task);
}

bool TransferSearch::over() const noexcept {
    return proposed_ >= most_proposals || since_better_ >= patience;
}

std::optional<ConfigIndex> TransferSearch::propose(std::size_t batch) {
    if (over()) return std::nullopt;
    std::optional<std::size_t> next;
    if (unlike_.size() < most_unlike && !unlike_ended_) {
        next = next_unlike();
        unlike_ended_ = !next;
        if (next) unlike_.push_back(*next);
    }
    if (!next) next = least_bound();
    if (!next) return std::nullopt;
    Candidate& candidate = candidates_[*next];
    candidate.taken = true;
    ++proposed_;
    own_.insert(candidate.config.value);
    // Within a batch what is expected stands for what will be measured, so that the next proposal
    // is not the same guess again.
    if (batch > 1) difference_->learn(*next, difference_->mean(*next));
    return candidate.config;
}

std::optional<std::size_t> TransferSearch::next_unlike() const {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        if (candidates_[i].taken) continue;
        if (std::all_of(unlike_.begin(), unlike_.end(), [&](std::size_t before) {
                return unlike(digits_[i], digits_[before], varied_);
            }))
            return i;
    }
    return std::nullopt;
}

std::optional<std::size_t> TransferSearch::least_bound() const {
    std::optional<std::size_t> best;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        if (candidates_[i].taken) continue;
        const double bound = candidates_[i].log_ratio + difference_->mean(i) -
                             confidence * difference_->deviation(i);
        if (bound >= least) continue;
        least = bound;
        best = i;
    }
    return best;
}

std::vector<ConfigIndex> TransferSearch::ask(std::size_t max,
                                             std::span<const ConfigIndex> pending) {
    std::vector<ConfigIndex> proposals;
    while (proposals.size() < max) {
        const auto own = propose(max);
        if (!own) break;
        proposals.push_back(*own);
    }
    if (proposals.size() == max) return proposals;
    std::vector<ConfigIndex> unavailable(pending.begin(), pending.end());
    unavailable.insert(unavailable.end(), proposals.begin(), proposals.end());
    for (const ConfigIndex config : other_->ask(max - proposals.size(), unavailable)) {
        if (const auto found = place_.find(config.value); found != place_.end())
            candidates_[found->second].taken = true;
        proposals.push_back(config);
    }
    return proposals;
}

void TransferSearch::tell(const Observation& observation) {
    other_->tell(observation);
    const bool measured = observation.outcome == Outcome::ok && observation.value > 0;
    const double here = measured ? std::log(observation.value) : 0;
    if (const auto found = place_.find(observation.config.value);
        found != place_.end() && !over()) {
        Candidate& candidate = candidates_[found->second];
        candidate.taken = true;
        if (measured)
            difference_->learn(found->second, here - candidate.log_ratio);
        else if (best_ && observation.outcome != Outcome::skipped)
            difference_->learn(found->second, *best_ + failure_log_ratio - candidate.log_ratio);
    }
    const bool better = measured && (!best_ || here < *best_ - least_gain);
    if (measured) best_ = best_ ? std::min(*best_, here) : here;
    if (own_.erase(observation.config.value) == 0) return;
    // The first proposals are for looking around.
    const bool looking = unlike_.size() < most_unlike && !unlike_ended_;
    since_better_ = better || looking ? 0 : since_better_ + 1;
}

} // namespace hone
