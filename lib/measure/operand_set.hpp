// Inputs that candidates of a problem are checked on and timed with.
#pragma once

#include "hone/operation.hpp"
#include "lib/worker/operand_memory.hpp"

#include <array>
#include <cstdint>
#include <memory>

namespace hone {

// Set i has distribution operand_sets[i] and a seed of its own. The first is what is timed; the
// first two are enough to screen a candidate.
inline constexpr std::array operand_sets{Distribution::normal, Distribution::adversarial,
                                         Distribution::wide_range, Distribution::same_sign};
inline constexpr int screening_sets = 2;

struct OperandSet {
    Distribution distribution = Distribution::normal;
    std::uint64_t seed = 0;
    std::shared_ptr<const OperandMemory> memory;
    RowSelection rows; // compared with the reference
};

// Draws set `index` of a problem from the seed of its sitting.
[[nodiscard]] OperandSet draw_operand_set(const Operation& operation, const Problem& problem,
                                          int index, std::uint64_t sitting_seed);

} // namespace hone
