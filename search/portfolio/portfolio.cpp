#include "search/portfolio/portfolio.hpp"

#include "search/annealing/annealing.hpp"
#include "search/common/stepwise.hpp"
#include "search/genetic/genetic.hpp"
#include "search/local/local.hpp"
#include "search/portfolio/bandit.hpp"
#ifdef HONE_SEARCH_SURROGATE
#include "search/surrogate/surrogate.hpp"
#endif

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace hone::search {
namespace {

// Configs drawn before the first strategy is asked.
constexpr std::size_t most_starts = 12;
// Of the proposals, drawn at random whatever the bandit thinks.
constexpr double random_floor = 0.03;
// What the bandit believes at first, as if from so many proposals: how often each finds something
// better. On recorded spaces (docs/search.md) the surrogate is the best by far.
constexpr double believed_trials = 40;
constexpr double surrogate_rate = 0.3;
constexpr double other_rate = 0.1;
// Half of what the bandit saw is forgotten in 70 proposals.
constexpr double discount = 0.99;

Observation observation_of(const Trial& trial) {
    Observation observation{trial.config};
    if (trial.value) {
        observation.value = *trial.value;
    } else if (trial.failed) {
        observation.outcome = Outcome::launch_failed;
    } else {
        observation.outcome = Outcome::censored;
        observation.value = trial.bound.value_or(std::numeric_limits<double>::quiet_NaN());
    }
    return observation;
}

class Portfolio final : public StepwiseStrategy {
    void start(const SearchTask& task) override {
        starts_ = starts(task, most_starts);
        SearchTask part = task;
        part.seeds.clear(); // this one proposes them
        // All start from this one's draws: with such a budget none draws more of its own.
        part.budget = static_cast<std::int64_t>(4 * starts_);
        std::vector<Bandit::Prior> priors;
        const auto add = [&](std::unique_ptr<Strategy> strategy, double rate) {
            part.seed = random()();
            strategy->begin(part);
            strategies_.push_back(std::move(strategy));
            priors.push_back({believed_trials * rate, believed_trials * (1 - rate)});
        };
#ifdef HONE_SEARCH_SURROGATE
        add(make_surrogate(), surrogate_rate);
#endif
        add(make_local(), other_rate);
        add(make_genetic(), other_rate);
        add(make_annealing(), other_rate);
        bandit_.emplace(priors, discount);
    }

    void expect(std::span<const ConfigIndex> pending) override {
        under_way_ = {pending.begin(), pending.end()};
    }

    std::optional<ConfigIndex> propose(std::size_t) override {
        const bool at_random = history().size() < starts_ ||
                               std::uniform_real_distribution<>()(random()) < random_floor;
        auto config = at_random ? history().draw(random()) : ask_strategies();
        // When all of them wait for results there is still something to learn.
        if (!config && !at_random) config = history().draw(random());
        if (config) under_way_.push_back(*config);
        return config;
    }

    std::optional<ConfigIndex> ask_strategies() {
        for (const std::size_t i : bandit_->ranking(random())) {
            const auto asked = strategies_[i]->ask(1, under_way_);
            if (asked.empty() || !history().claim(asked.front())) continue;
            proposer_[asked.front().value] = i;
            return asked.front();
        }
        return std::nullopt;
    }

    void learn(const Trial& trial) override {
        const Observation observation = observation_of(trial);
        for (const auto& strategy : strategies_) strategy->tell(observation);
        const bool better = trial.value && (!best_ || *trial.value < *best_);
        if (better) best_ = trial.value;
        const auto proposer = proposer_.find(trial.config.value);
        if (proposer == proposer_.end()) return;
        bandit_->note(proposer->second, better);
        proposer_.erase(proposer);
    }

    std::vector<std::unique_ptr<Strategy>> strategies_;
    std::optional<Bandit> bandit_;
    std::unordered_map<std::uint64_t, std::size_t> proposer_; // of what is under way, by config
    std::vector<ConfigIndex> under_way_;
    std::optional<double> best_;
    std::size_t starts_ = most_starts;
};

} // namespace

std::unique_ptr<Strategy> make_portfolio() { return std::make_unique<Portfolio>(); }

} // namespace hone::search
