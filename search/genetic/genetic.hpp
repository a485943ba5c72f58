// Steady-state genetic search (Whitley, "The GENITOR Algorithm and Selection Pressure", ICGA 1989):
// the population is the best of all that was measured, each child replaces its worst member.
// Parents are chosen by tournament, crossed uniformly (Syswerda, "Uniform Crossover in Genetic
// Algorithms", ICGA 1989) and mutated; a child that breaks a constraint is bred again.
#pragma once

#include "hone/strategy.hpp"

#include <memory>

namespace hone::search {

[[nodiscard]] std::unique_ptr<Strategy> make_genetic();

} // namespace hone::search
