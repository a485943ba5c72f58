// Simulated annealing (Kirkpatrick, Gelatt, Vecchi, "Optimization by Simulated Annealing", Science
// 220, 1983): a walk over neighbours that takes a step up with probability exp(-rise /
// temperature), the rise being that of log(value). Cooled down it starts again, hot, from the best
// config.
#pragma once

#include "hone/strategy.hpp"

#include <memory>

namespace hone::search {

[[nodiscard]] std::unique_ptr<Strategy> make_annealing();

} // namespace hone::search
