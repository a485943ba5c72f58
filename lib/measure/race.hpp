// The rules by which candidates lose, as pure functions of samples. docs/measuring.md explains
// them.
#pragma once

#include "lib/measure/interleaving.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hone {

// A first run slower than this many times the incumbent ends a candidate: it is censored.
inline constexpr std::uint64_t censor_factor = 4;
inline constexpr int screening_rounds = 3;

// False when the screened time is more than 35 % behind the incumbent's: three samples in a row can
// fall into a burst of foreign load, or into a slower level of the clock. `incumbent_ps` 0: none.
[[nodiscard]] bool worth_racing(const TimeSummary& screened, std::uint64_t incumbent_ps) noexcept;

struct RaceStanding {
    TimeSummary time; // when it left
    std::int64_t energy_uj = 0;
    bool kept = false;
    bool failed = false;
};

// Narrows candidates 0 to count - 1 until at most `keep` are left or the sampler says that it is
// over; then the `keep` fastest by median are kept. Samples start at 4 and double each round. After
// the first round the 3 * keep with the fastest samples go on; below 8 a candidate stays while its
// fastest sample is at most 1.10 of the best median, from 8 on while its interval begins at or
// before the end of every other one. After 256 samples ties are not told apart any longer.
[[nodiscard]] std::vector<RaceStanding> race(std::size_t count, std::size_t keep,
                                             const Sampler& sampler);

} // namespace hone
