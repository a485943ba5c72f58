// What samples say about a program's time. docs/measuring.md has the formulas.
#pragma once

#include "hone/fact.hpp"
#include "hone/policy.hpp"

#include <cstddef>
#include <vector>

namespace hone {

// Adds later samples of the same program. Clock and energy become means weighted by samples.
void append(Samples& to, const Samples& more);

// The two-sided quantile of the standard normal distribution for alpha = 0.01 / contenders, at most
// 4: with it, all intervals of that many contenders hold together with 99 % (Bonferroni).
[[nodiscard]] double interval_z(std::size_t contenders);

inline constexpr std::uint64_t interval_samples = 8;

// Median and quartiles (linear between neighbours) and an interval of the median by order
// statistics, which asks nothing of the distribution but independence: of sorted x_1..x_n it is
// [x_j, x_k] with j = max(1, floor(n/2 - z sqrt(n)/2)), k = min(n, ceil(n/2 + z sqrt(n)/2) + 1).
// Below interval_samples none reaches 99 %: it is [x_1, x_n] then. All zero without samples.
[[nodiscard]] TimeSummary summarise(const Samples& samples, double z);
[[nodiscard]] TimeSummary summarise(const Samples& samples); // z of one contender

// (high - low) / (2 median); infinite without samples.
[[nodiscard]] double relative_half_width(const TimeSummary& time) noexcept;

// Notices when more samples no longer narrow an interval: its half width stayed within 5 % of its
// mean while the last 64 samples were taken.
class NoiseWatch final {
  public:
    void note(std::uint64_t count, double half_width);
    [[nodiscard]] bool stalled() const noexcept;

  private:
    struct Note {
        std::uint64_t count = 0;
        double half_width = 0;
    };
    std::vector<Note> notes_; // of the last 64 samples, and the newest one before them
};

} // namespace hone
