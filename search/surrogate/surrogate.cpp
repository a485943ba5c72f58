#include "search/surrogate/surrogate.hpp"

#include "model.hpp"
#include "promise.hpp"
#include "search/common/stepwise.hpp"

#include <algorithm>
#include <unordered_set>

namespace hone::search {
namespace {

using surrogate::Encoding;
using surrogate::Model;

// Configs drawn before the first fit.
constexpr std::size_t most_starts = 12;
// Measurements before time is predicted; until then only failures are.
constexpr std::size_t least_measured = 3;
// A fit takes longer than a proposal by orders of magnitude: fit again after so many trials, and so
// many times as many as at the last fit, but not later than after so many.
constexpr std::size_t least_refit = 8;
constexpr double refit_growth = 1.3;
constexpr std::size_t latest_refit = 200;
constexpr int time_steps = 12;
constexpr int failure_steps = 5;
// Candidates: neighbours of the best configs, and draws of the rest.
constexpr std::size_t best_with_neighbours = 10;
constexpr std::size_t most_candidates = 600;
constexpr std::size_t most_neighbours = 400;
// A failure is learnt as 1, anything else as 0.
constexpr double between_labels = 0.5;

class Surrogate final : public StepwiseStrategy {
    struct Known {
        ConfigIndex config;
        std::optional<double> height; // log of the value, or of what it is above
        bool failed = false;
    };

    void start(const SearchTask& task) override {
        starts_ = starts(task, most_starts);
        encoding_.emplace(task, random());
        time_.emplace(*encoding_);
        failure_.emplace(*encoding_);
    }

    void learn(const Trial& trial) override {
        Known known{trial.config, {}, trial.failed};
        const auto value = trial.value ? trial.value : trial.bound;
        if (value && *value > 0) known.height = std::log(*value);
        if (!known.height && !known.failed) return;
        record(known);
        if (known.height && time_->fitted()) time_->add(known.config, *known.height);
        if (failure_->fitted()) failure_->add(known.config, known.failed ? 1 : 0);
        if (!trial.value || !known.height || (best_ && *best_ <= *known.height)) return;
        best_ = known.height;
        if (fitted_) add_candidates(space().neighbours(known.config));
    }

    void expect(std::span<const ConfigIndex> pending) override {
        if (!time_->fitted()) return;
        for (const ConfigIndex config : pending) time_->believe(config);
    }

    std::optional<ConfigIndex> propose(std::size_t under_way) override {
        if (known_.size() + under_way < starts_ || known_.empty() || encoding_->groups().empty())
            return history().draw(random());
        if (!fitted_ || due()) fit();
        auto chosen = most_promising();
        if (!chosen && known_.size() > *fitted_) {
            fit();
            chosen = most_promising();
        }
        if (!chosen) return history().draw(random());
        history().mark(*chosen);
        if (time_->fitted()) time_->believe(*chosen);
        return chosen;
    }

    void record(const Known& known) {
        const auto [at, fresh] = places_.try_emplace(known.config.value, known_.size());
        if (fresh)
            known_.push_back(known);
        else
            known_[at->second] = known;
    }

    [[nodiscard]] bool due() const {
        const auto grown = static_cast<std::size_t>(refit_growth * static_cast<double>(*fitted_));
        return known_.size() >=
               std::max(*fitted_ + least_refit, std::min(grown, *fitted_ + latest_refit));
    }

    void fit() {
        Model::Sample heights;
        Model::Sample failures;
        bool any_failed = false;
        for (const Known& known : known_) {
            if (known.height) {
                heights.configs.push_back(known.config);
                heights.values.push_back(*known.height);
            }
            failures.configs.push_back(known.config);
            failures.values.push_back(known.failed ? 1 : 0);
            any_failed |= known.failed;
        }
        time_->forget();
        if (best_ && heights.values.size() >= least_measured)
            time_->fit(std::move(heights), time_steps, random());
        failure_->forget();
        if (any_failed) failure_->fit(std::move(failures), failure_steps, random());
        fitted_ = known_.size();
        gather_candidates();
    }

    void gather_candidates() {
        candidates_.clear();
        is_candidate_.clear();
        std::vector<const Known*> best;
        for (const Known& known : known_)
            if (known.height && !known.failed) best.push_back(&known);
        const auto some = std::min(best.size(), best_with_neighbours);
        std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(some),
                          best.end(),
                          [](const Known* a, const Known* b) { return *a->height < *b->height; });
        std::vector<ConfigIndex> found;
        std::unordered_set<std::uint64_t> listed;
        for (std::size_t i = 0; i < some && found.size() < most_neighbours; ++i)
            for (const ConfigIndex config : space().neighbours(best[i]->config))
                if (!history().seen(config) && listed.insert(config.value).second)
                    found.push_back(config);
        for (std::size_t i = 0; i < 2 * most_candidates && found.size() < most_candidates; ++i) {
            const auto config = space().sample(random());
            if (!config) break;
            if (!history().seen(*config) && listed.insert(config->value).second)
                found.push_back(*config);
        }
        add_candidates(found);
    }

    void add_candidates(const std::vector<ConfigIndex>& configs) {
        std::vector<ConfigIndex> fresh;
        for (const ConfigIndex config : configs)
            if (!history().seen(config) && is_candidate_.insert(config.value).second)
                fresh.push_back(config);
        if (fresh.empty()) return;
        const Eigen::MatrixXd points = encoding_->points(fresh);
        if (time_->fitted()) time_->add_candidates(points);
        if (failure_->fitted()) failure_->add_candidates(points);
        candidates_.insert(candidates_.end(), fresh.begin(), fresh.end());
    }

    [[nodiscard]] std::optional<ConfigIndex> most_promising() {
        Eigen::VectorXd height;
        Eigen::VectorXd variance;
        Eigen::VectorXd failing;
        Eigen::VectorXd failing_variance;
        if (time_->fitted()) {
            height = time_->mean();
            variance = time_->variance();
        }
        if (failure_->fitted()) {
            failing = failure_->mean();
            failing_variance = failure_->variance();
        }
        std::optional<ConfigIndex> chosen;
        double most = 0;
        for (std::size_t i = 0; i < candidates_.size(); ++i) {
            if (history().seen(candidates_[i])) continue;
            const auto at = static_cast<Eigen::Index>(i);
            double promise = 0;
            if (time_->fitted())
                promise = surrogate::log_expected_improvement(*best_, height(at), variance(at));
            if (failure_->fitted())
                promise +=
                    surrogate::log_chance_below(between_labels, failing(at), failing_variance(at));
            if (chosen && promise <= most) continue;
            chosen = candidates_[i];
            most = promise;
        }
        return chosen;
    }

    std::optional<Encoding> encoding_;
    std::optional<Model> time_;
    std::optional<Model> failure_;
    std::vector<Known> known_;
    std::unordered_map<std::uint64_t, std::size_t> places_; // in known_, by config
    std::optional<double> best_;                            // log of the best value
    std::optional<std::size_t> fitted_;                     // known_.size() at the last fit
    std::vector<ConfigIndex> candidates_;
    std::unordered_set<std::uint64_t> is_candidate_;
    std::size_t starts_ = most_starts;
};

} // namespace

std::unique_ptr<Strategy> make_surrogate() { return std::make_unique<Surrogate>(); }

} // namespace hone::search
