#include "search/local/local.hpp"

#include "search/common/failures.hpp"
#include "search/common/stepwise.hpp"

#include <algorithm>

namespace hone::search {
namespace {

// Configs known before the first descent: on spaces with many basins a descent from the first
// config that works ends in a poor one, and a long one.
constexpr std::size_t most_starts = 32;
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

class LocalSearch final : public StepwiseStrategy {
    void start(const SearchTask& task) override {
        failures_.emplace(space());
        starts_ = starts(task, most_starts);
    }

    void learn(const Trial& trial) override {
        failures_->note(trial.config, trial.failed);
        if (!trial.value) return;

        const Point point{trial.config, *trial.value};
        if (!best_ || point.value < best_->value) {
            best_ = point;
            kick_ = least_kick;
        }
        if (!current_ || point.value < current_->value) move_to(point);
    }

    std::optional<ConfigIndex> propose(std::size_t under_way) override {
        if (history().size() < starts_) {
            if (const auto drawn = history().draw(random())) return drawn;
        }
        for (; !neighbours_.empty(); neighbours_.pop_back())
            if (history().claim(neighbours_.back())) return neighbours_.back();
        if (current_) {
            // One of those under way may still be better.
            if (under_way > 0) return std::nullopt;
            current_.reset();
        }
        return restart();
    }

    void move_to(const Point& point) {
        current_ = point;
        neighbours_ = space().neighbours(point.config);
        std::shuffle(neighbours_.begin(), neighbours_.end(), random());
        // The last is the next to be proposed: the safe before the risky, small steps before jumps.
        const auto near = space().adjacent(point.config);
        std::vector<std::pair<double, ConfigIndex>> ranked;
        for (const ConfigIndex config : neighbours_) {
            if (history().seen(config)) continue;
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
                if (!history().claim(config)) continue;
                kick_ = std::min(kick_ + 1, most_kick);
                return config;
            }
        }
        return history().draw(random());
    }

    std::optional<Failures> failures_;
    std::optional<Point> best_;    // of all told
    std::optional<Point> current_; // where the descent stands; none while it looks for a start
    std::vector<ConfigIndex> neighbours_; // of current_, the next one last
    std::size_t starts_ = most_starts;
    int kick_ = least_kick;
};

} // namespace

std::unique_ptr<Strategy> make_local() { return std::make_unique<LocalSearch>(); }

} // namespace hone::search
