// Several strategies at work on one search. Each is told everything, whoever proposed it; a bandit
// gives the next proposal to the one whose recent proposals found something better, and now and
// then a config is drawn at random, so that none of them can lead the search astray for good.
#pragma once

#include "hone/strategy.hpp"

#include <memory>

namespace hone::search {

[[nodiscard]] std::unique_ptr<Strategy> make_portfolio();

} // namespace hone::search
