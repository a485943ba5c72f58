// Iterated local search: descend from a good start by the first better neighbour, then restart from
// a perturbation of the best config so far (Lourenco, Martin, Stuetzle, "Iterated Local Search",
// Handbook of Metaheuristics, 2003, section 2).

#include "hone/plugin.hpp"

#include "failures.hpp"
#include "hone/search_history.hpp"
#include "hone/strategy.hpp"

#include <algorithm>
#include <cmath>

namespace {

using hone::ConfigIndex;

// Configs known before the first descent, fewer in small spaces and budgets: on spaces with many
// basins a descent from the first config that works ends in a poor one, and a long one.
constexpr std::uint64_t most_starts = 32;
// What a change to a value that is not next to the old one costs in order, in terms of risk.
constexpr double jump_penalty = 0.3;
// Parameters a perturbation changes at first, and at most.
constexpr int least_kick = 2;
constexpr int most_kick = 6;
// Perturbed configs looked at before a drawn one is taken.
constexpr int kick_attempts = 20;

struct Point {
    ConfigIndex config;
    double value = 0;
};

class LocalSearch final : public hone::Strategy {
  public:
    void begin(const hone::SearchTask& task) override {
        space_ = task.space;
        history_.emplace(*task.space);
        failures_.emplace(*task.space);
        random_.seed(task.seed);
        seeds_ = {task.seeds.rbegin(), task.seeds.rend()};
        starts_ = most_starts;
        if (task.budget)
            starts_ = std::min(
                starts_, static_cast<std::uint64_t>(std::max<std::int64_t>(*task.budget, 0)) / 4);
        if (const auto count = task.space->legal_count()) starts_ = std::min(starts_, *count / 8);
    }

    std::vector<ConfigIndex> ask(std::size_t max, std::span<const ConfigIndex> pending) override {
        for (const ConfigIndex config : pending) history_->mark(config);
        std::vector<ConfigIndex> proposals;
        while (proposals.size() < max) {
            const auto next = propose(!pending.empty() || !proposals.empty());
            if (!next) break;
            proposals.push_back(*next);
        }
        return proposals;
    }

    void tell(const hone::Observation& observation) override {
        const ConfigIndex config = observation.config;
        history_->mark(config);
        if (observation.outcome == hone::Outcome::skipped) return;
        const bool measured =
            observation.outcome == hone::Outcome::ok && std::isfinite(observation.value);
        const bool failed = !measured && observation.outcome != hone::Outcome::censored;
        failures_->note(config, failed);
        if (!measured) return;

        const Point point{config, observation.value};
        if (!best_ || point.value < best_->value) {
            best_ = point;
            kick_ = least_kick;
        }
        if (!current_ || point.value < current_->value) move_to(point);
    }

  private:
    // Nothing when it should wait for what is under way, or nothing is left.
    std::optional<ConfigIndex> propose(bool waiting) {
        for (; !seeds_.empty(); seeds_.pop_back())
            if (history_->claim(seeds_.back())) return seeds_.back();
        if (history_->size() < starts_) {
            if (const auto drawn = history_->draw(random_)) return drawn;
        }
        for (; !neighbours_.empty(); neighbours_.pop_back())
            if (history_->claim(neighbours_.back())) return neighbours_.back();
        if (current_) {
            // One of those under way may still be better.
            if (waiting) return std::nullopt;
            current_.reset();
        }
        return restart();
    }

    void move_to(const Point& point) {
        current_ = point;
        neighbours_ = space_->neighbours(point.config);
        std::shuffle(neighbours_.begin(), neighbours_.end(), random_);
        // The last is the next to be proposed: the safe before the risky, small steps before jumps.
        const auto near = space_->adjacent(point.config);
        std::vector<std::pair<double, ConfigIndex>> ranked;
        for (const ConfigIndex config : neighbours_) {
            if (history_->seen(config)) continue;
            const bool jump = !std::binary_search(near.begin(), near.end(), config);
            ranked.emplace_back(failures_->risk(config, point.config) + (jump ? jump_penalty : 0),
                                config);
        }
        std::stable_sort(ranked.begin(), ranked.end(),
                         [](const auto& a, const auto& b) { return a.first > b.first; });
        neighbours_.clear();
        for (const auto& [rank, config] : ranked) neighbours_.push_back(config);
    }

    std::optional<ConfigIndex> restart() {
        if (best_) {
            for (int attempt = 0; attempt < kick_attempts; ++attempt) {
                const ConfigIndex config = walk(best_->config, kick_);
                if (!history_->claim(config)) continue;
                kick_ = std::min(kick_ + 1, most_kick);
                return config;
            }
        }
        return history_->draw(random_);
    }

    // `steps` changes of one parameter each, all of them legal.
    ConfigIndex walk(ConfigIndex config, int steps) {
        for (; steps > 0; --steps) {
            const auto around = space_->neighbours(config);
            if (around.empty()) break;
            config =
                around[std::uniform_int_distribution<std::size_t>(0, around.size() - 1)(random_)];
        }
        return config;
    }

    const hone::SearchSpace* space_ = nullptr;
    std::optional<hone::SearchHistory> history_;
    std::optional<hone::local::Failures> failures_;
    std::mt19937_64 random_;
    std::vector<ConfigIndex> seeds_; // the best guess last
    std::optional<Point> best_;      // of all told
    std::optional<Point> current_;   // where the descent stands; none while it looks for a start
    std::vector<ConfigIndex> neighbours_; // of current_, the next one last
    std::uint64_t starts_ = most_starts;
    int kick_ = least_kick;
};

hone::PluginContents contents(const hone::PluginHost&) {
    hone::PluginContents result;
    result.searches.push_back(
        {"local", "iterated local search: descents from perturbations of the best",
         []() -> std::unique_ptr<hone::Strategy> { return std::make_unique<LocalSearch>(); }});
    return result;
}

} // namespace

HONE_PLUGIN(search, "local", HONE_VERSION, contents);
