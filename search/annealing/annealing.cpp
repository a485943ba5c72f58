#include "search/annealing/annealing.hpp"

#include "search/common/stepwise.hpp"

#include <algorithm>
#include <unordered_set>

namespace hone::search {
namespace {

// Configs drawn before the walk, which starts at the best of them.
constexpr std::size_t most_starts = 16;
// At first one step in three that is 30 % slower is taken, at the end one that is 1 % slower.
constexpr double hot = 0.25;
constexpr double cold = 0.01;
// Trials from hot to cold.
constexpr double cooling_trials = 100;
// Neighbours looked at before the walk takes a longer step.
constexpr int attempts = 20;
constexpr int longest_step = 4;

class Annealing final : public StepwiseStrategy {
    void start(const SearchTask& task) override {
        starts_ = starts(task, most_starts);
        reheat();
    }

    std::optional<ConfigIndex> propose(std::size_t) override {
        if (history().size() >= starts_ && current_) {
            for (int step = 1; step <= longest_step; ++step) {
                for (int attempt = 0; attempt < attempts; ++attempt) {
                    const ConfigIndex config = walk(current_->config, step);
                    if (!history().claim(config)) continue;
                    own_.insert(config.value);
                    return config;
                }
            }
        }
        return history().draw(random());
    }

    void learn(const Trial& trial) override {
        const bool own = own_.erase(trial.config.value) > 0;
        if (own) cool();
        if (!trial.value || *trial.value <= 0) return;
        const Place place{trial.config, std::log(*trial.value)};
        if (!best_ || place.height < best_->height) best_ = place;
        // What others found is followed only downhill.
        if (!current_ || accepts(place.height - current_->height, own)) current_ = place;
    }

    bool accepts(double rise, bool own) {
        if (rise <= 0) return true;
        return own && std::uniform_real_distribution<>()(random()) < std::exp(-rise / temperature_);
    }

    void cool() {
        temperature_ *= std::pow(cold / hot, 1 / cooling_trials);
        if (temperature_ < cold) reheat();
    }

    void reheat() {
        temperature_ = hot;
        current_ = best_;
    }

    struct Place {
        ConfigIndex config;
        double height = 0; // log of the value
    };
    std::optional<Place> current_;
    std::optional<Place> best_;
    std::unordered_set<std::uint64_t> own_; // under way
    std::size_t starts_ = most_starts;
    double temperature_ = hot;
};

} // namespace

std::unique_ptr<Strategy> make_annealing() { return std::make_unique<Annealing>(); }

} // namespace hone::search
