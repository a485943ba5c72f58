#include "hone/search_history.hpp"

namespace hone {

bool SearchHistory::claim(ConfigIndex config) {
    if (seen(config) || !space_->legal(config)) return false;
    mark(config);
    return true;
}

std::optional<ConfigIndex> SearchHistory::draw(std::mt19937_64& random) {
    if (const auto count = space_->legal_count()) {
        while (drawn_ < *count) {
            const ConfigIndex config = space_->nth(next_rank(random));
            if (claim(config)) return config;
        }
        return std::nullopt;
    }
    // By then one unseen config, as likely as each seen one, would have come up all but once in
    // e^20 times.
    const std::uint64_t most_draws = 1000 + 20 * seen_.size();
    for (std::uint64_t i = 0; i < most_draws; ++i) {
        const auto config = space_->sample(random);
        if (!config) return std::nullopt;
        if (claim(*config)) return config;
    }
    return std::nullopt;
}

// One step of Fisher and Yates' shuffle.
std::uint64_t SearchHistory::next_rank(std::mt19937_64& random) {
    std::uniform_int_distribution<std::uint64_t> pick(drawn_, *space_->legal_count() - 1);
    const auto at = [&](std::uint64_t place) {
        const auto found = moved_.find(place);
        return found == moved_.end() ? place : found->second;
    };
    const std::uint64_t place = pick(random);
    const std::uint64_t rank = at(place);
    moved_[place] = at(drawn_);
    moved_.erase(drawn_++);
    return rank;
}

} // namespace hone
