// Samples of a space that cover pairs of parameter values.
#pragma once

#include "hone/space.hpp"

#include <cstdint>
#include <vector>

namespace hone {

// At most `count` legal configs, chosen so that as many pairs of values of two parameters as
// possible occur together at least once (greedy over random legal points; Cohen et al., The AETG
// system, 1997). Deterministic in (space, count, seed); increasing raw order.
[[nodiscard]] std::vector<ConfigIndex> covering_sample(const SearchSpace& space, std::int64_t count,
                                                       std::uint64_t seed);

// Legal configs in which every pair of values of two parameters occurs together that occurs in a
// legal config at all: found among all of them where they can be listed and are at most 50,000,
// otherwise among as many random ones. Greedy as above. Deterministic in (space, seed).
[[nodiscard]] std::vector<ConfigIndex> covering_set(const SearchSpace& space, std::uint64_t seed);

} // namespace hone
