#include "lib/replay/warm.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace hone::replay {

namespace {

// Finds the configs of one space in another.
class Translation final {
  public:
    Translation(const SearchSpace& from, const SearchSpace& to) : from_(from), to_(to) {
        for (const Parameter& parameter : to.parameters())
            if (parameter.values.size() == 1) fixed_[parameter.name] = parameter.values.front();
        for (const Parameter& parameter : from.parameters())
            if (parameter.values.size() > 1) free_.push_back(parameter.name);
    }

    [[nodiscard]] std::optional<ConfigIndex> operator()(ConfigIndex point) const {
        const Config there = from_.config(point);
        Config here;
        for (const auto& [name, value] : fixed_) here.set(name, value);
        for (const Parameter& parameter : to_.parameters())
            if (there.contains(parameter.name)) here.set(parameter.name, there.at(parameter.name));
        for (const std::string& name : free_)
            if (!here.contains(name)) return std::nullopt;
        const auto found = to_.find(here);
        return found && to_.legal(*found) ? found : std::nullopt;
    }

  private:
    const SearchSpace& from_;
    const SearchSpace& to_;
    std::map<std::string, Value> fixed_;
    std::vector<std::string> free_;
};

} // namespace

std::vector<Prior> prior_from(std::span<const RecordedSpace> others, const RecordedSpace& to,
                              Objective objective) {
    struct Sum {
        double log_ratios = 0;
        int places = 0;
    };
    std::map<ConfigIndex, Sum> sums;
    for (const RecordedSpace& other : others) {
        other.require(objective);
        double best = std::numeric_limits<double>::infinity();
        for (const RecordedTrial& trial : other.trials)
            best = std::min(best, trial.value(objective).value_or(best));
        const Translation translate(other.space, to.space);
        for (std::size_t i = 0; i < other.trials.size(); ++i) {
            const auto value = other.trials[i].value(objective);
            const auto config = value ? translate(other.points[i]) : std::nullopt;
            if (!config) continue;
            Sum& sum = sums[*config];
            sum.log_ratios += std::log(*value / best);
            ++sum.places;
        }
    }
    std::vector<Prior> prior;
    for (const auto& [config, sum] : sums) prior.push_back({config, sum.log_ratios / sum.places});
    return prior;
}

} // namespace hone::replay
