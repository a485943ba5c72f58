// Iterated local search: descend from a good start by the first better neighbour, then restart from
// a perturbation of the best config so far (Lourenco, Martin, Stuetzle, "Iterated Local Search",
// Handbook of Metaheuristics, 2003, section 2).
#pragma once

#include "hone/strategy.hpp"

#include <memory>

namespace hone::search {

[[nodiscard]] std::unique_ptr<Strategy> make_local();

} // namespace hone::search
