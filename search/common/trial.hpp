// What a strategy learns from one observation.
#pragma once

#include "hone/strategy.hpp"

#include <cmath>
#include <optional>

namespace hone::search {

struct Trial {
    ConfigIndex config;
    std::optional<double> value = {}; // measured, finite
    std::optional<double> bound = {}; // finite: known only to be slower than this
    bool failed = false;
};

// Nothing when the observation says nothing about the config.
inline std::optional<Trial> trial_of(const Observation& observation) {
    Trial trial{observation.config};
    switch (observation.outcome) {
    case Outcome::skipped:
        return std::nullopt;
    case Outcome::censored:
        if (std::isfinite(observation.value)) trial.bound = observation.value;
        return trial;
    case Outcome::ok:
        if (std::isfinite(observation.value)) {
            trial.value = observation.value;
            return trial;
        }
        [[fallthrough]];
    default:
        trial.failed = true;
        return trial;
    }
}

} // namespace hone::search
