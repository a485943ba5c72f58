// What a search has seen of its space, so that a strategy proposes nothing twice.
#pragma once

#include "hone/space.hpp"

#include <cstdint>
#include <optional>
#include <random>
#include <unordered_map>
#include <unordered_set>

namespace hone {

// For one search on one thread; memory grows with what was seen.
class SearchHistory {
  public:
    explicit SearchHistory(const SearchSpace& space) : space_(&space) {} // space: outlives this

    // Notes a config that is pending or was told.
    void mark(ConfigIndex config) { seen_.insert(config.value); }
    // True when the config is legal and was not seen before; it counts as seen from now on.
    [[nodiscard]] bool claim(ConfigIndex config);
    // Claims a config drawn uniformly from the legal ones not seen yet. Nothing when all were seen;
    // where the space's legal_count() is unknown also when none was found in a long run of draws.
    [[nodiscard]] std::optional<ConfigIndex> draw(std::mt19937_64& random);

    [[nodiscard]] bool seen(ConfigIndex config) const { return seen_.contains(config.value); }
    [[nodiscard]] std::size_t size() const noexcept { return seen_.size(); }

  private:
    std::uint64_t next_rank(std::mt19937_64& random);

    const SearchSpace* space_;
    std::unordered_set<std::uint64_t> seen_;
    // The ranks in random order, shuffled only as far as they were drawn: what stands at a place is
    // its own number unless it is listed here.
    std::uint64_t drawn_ = 0;
    std::unordered_map<std::uint64_t, std::uint64_t> moved_;
};

} // namespace hone
