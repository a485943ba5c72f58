// Any bytes as a recorded space, Kernel Tuner's or T4: either an Error that names the file, or a
// space of which every listed config is legal, and a score for a search that tries a few.
#include "lib/replay/recorded_space.hpp"

#include "hone/error.hpp"
#include "lib/replay/yardstick.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using hone::ConfigIndex;
using hone::Error;
using hone::replay::Objective;
using hone::replay::RecordedSpace;
using hone::replay::RecordedTrial;

// The listed configs in order, at their cost.
void score(const RecordedSpace& recorded, Objective objective) {
    const hone::replay::Yardstick yardstick(recorded, objective);
    hone::replay::Trajectory trajectory;
    double elapsed_s = 0, best = INFINITY;
    for (const RecordedTrial& trial : recorded.trials) {
        elapsed_s += trial.cost_s;
        best = std::min(best, trial.value(objective).value_or(best));
        trajectory.push_back({elapsed_s, best, 0});
    }
    const hone::replay::ScorePair score =
        hone::replay::Scorer(yardstick, std::vector<hone::replay::Trajectory>{trajectory}).score();
    if (std::isnan(score.unbiased) || std::isnan(score.published)) std::abort();
    if (score.unbiased > 1 || score.published > 1) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const RecordedSpace recorded = hone::replay::parse_recorded_space(text, "file.json");
        if (recorded.points.size() != recorded.trials.size() || recorded.points.empty())
            std::abort();
        for (const ConfigIndex point : recorded.points) {
            if (!recorded.space.legal(point)) std::abort();
            if (recorded.space.find(recorded.space.config(point)) != point) std::abort();
        }
        for (const Objective objective : {Objective::time, Objective::energy}) {
            try {
                recorded.require(objective);
            } catch (const Error&) {
                continue; // nothing of it was measured
            }
            score(recorded, objective);
        }
    } catch (const Error& error) {
        if (std::string_view(error.what()).find("file.json") == std::string_view::npos)
            std::abort();
    }
    return 0;
}
