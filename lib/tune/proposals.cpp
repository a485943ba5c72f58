#include "lib/tune/proposals.hpp"

#include "hone/error.hpp"

#include <string>

namespace hone {

Proposals::Proposals(Strategy& strategy, const SearchTask& task)
    : strategy_(strategy), space_(*task.space), history_(space_) {
    strategy_.begin(task);
}

std::vector<ConfigIndex> Proposals::ask(std::size_t most) {
    std::vector<ConfigIndex> asked = strategy_.ask(most, pending_);
    exhausted_ = asked.empty() && pending_.empty();
    if (asked.size() > most)
        throw Error(Errc::internal, "the strategy proposes more than it was asked for");
    for (const ConfigIndex config : asked) {
        // A repeated config costs nothing, so a strategy that repeats itself would never end.
        if (!history_.claim(config))
            throw Error(Errc::internal,
                        "the strategy proposes config " + std::to_string(config.value) +
                            (space_.legal(config) ? " twice" : ", which is not legal"));
        pending_.push_back(config);
    }
    return asked;
}

void Proposals::tell(const Observation& observation) {
    std::erase(pending_, observation.config);
    history_.mark(observation.config);
    strategy_.tell(observation);
}

} // namespace hone
