#include "lib/measure/statistics.hpp"

#include <boost/math/special_functions/erf.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hone {

namespace {

constexpr std::uint64_t watched_samples = 64;
constexpr double still = 0.05;

std::int64_t weighted_mean(std::int64_t a, std::size_t a_count, std::int64_t b,
                           std::size_t b_count) {
    if (a == 0 || a_count == 0) return b;
    if (b == 0 || b_count == 0) return a;
    const auto x = static_cast<double>(a) * static_cast<double>(a_count) +
                   static_cast<double>(b) * static_cast<double>(b_count);
    return std::llround(x / static_cast<double>(a_count + b_count));
}

// The point `quarters` / 4 of the way through sorted values.
std::uint64_t quartile(const std::vector<std::int64_t>& sorted, std::size_t quarters) {
    const std::size_t position = (sorted.size() - 1) * quarters;
    const std::int64_t at = sorted[position / 4];
    if (position % 4 == 0) return static_cast<std::uint64_t>(at);
    const std::int64_t gap = sorted[position / 4 + 1] - at;
    return static_cast<std::uint64_t>(at + gap / 4 * static_cast<std::int64_t>(position % 4) +
                                      gap % 4 * static_cast<std::int64_t>(position % 4) / 4);
}

} // namespace

void append(Samples& to, const Samples& more) {
    const std::size_t old_count = to.picoseconds.size(), new_count = more.picoseconds.size();
    to.clock_khz = weighted_mean(to.clock_khz, old_count, more.clock_khz, new_count);
    to.energy_uj = weighted_mean(to.energy_uj, old_count, more.energy_uj, new_count);
    to.picoseconds.insert(to.picoseconds.end(), more.picoseconds.begin(), more.picoseconds.end());
    to.dropped += more.dropped;
    to.throttle_bits |= more.throttle_bits;
}

double interval_z(std::size_t contenders) {
    const double alpha = 0.01 / static_cast<double>(std::max<std::size_t>(contenders, 1));
    return std::min(4.0, std::sqrt(2.0) * boost::math::erfc_inv(alpha));
}

TimeSummary summarise(const Samples& samples, double z) {
    TimeSummary time;
    time.dropped = static_cast<std::uint64_t>(std::max<std::int64_t>(samples.dropped, 0));
    time.throttle_bits = samples.throttle_bits;
    time.clock_khz = static_cast<std::uint64_t>(std::max<std::int64_t>(samples.clock_khz, 0));
    if (samples.picoseconds.empty()) return time;

    std::vector<std::int64_t> sorted = samples.picoseconds;
    for (std::int64_t& value : sorted) value = std::max<std::int64_t>(value, 0);
    std::sort(sorted.begin(), sorted.end());
    const auto n = static_cast<double>(sorted.size());
    double j = 1, k = n;
    if (sorted.size() >= interval_samples) {
        const double reach = z * std::sqrt(n) / 2;
        j = std::max(1.0, std::floor(n / 2 - reach));
        k = std::min(n, std::ceil(n / 2 + reach) + 1);
    }
    time.count = sorted.size();
    time.min_ps = static_cast<std::uint64_t>(sorted.front());
    time.q1_ps = quartile(sorted, 1);
    time.median_ps = quartile(sorted, 2);
    time.q3_ps = quartile(sorted, 3);
    time.low_ps = static_cast<std::uint64_t>(sorted[static_cast<std::size_t>(j) - 1]);
    time.high_ps = static_cast<std::uint64_t>(sorted[static_cast<std::size_t>(k) - 1]);
    return time;
}

TimeSummary summarise(const Samples& samples) { return summarise(samples, interval_z(1)); }

double relative_half_width(const TimeSummary& time) noexcept {
    if (time.count == 0) return std::numeric_limits<double>::infinity();
    const auto width = static_cast<double>(time.high_ps - time.low_ps);
    return width == 0 ? 0 : width / (2 * static_cast<double>(time.median_ps));
}

void NoiseWatch::note(std::uint64_t count, double half_width) {
    notes_.push_back({count, half_width});
    if (count < watched_samples) return;
    // The newest note at or before the window's start stays: it shows that the window is whole.
    std::size_t keep = 0;
    while (keep + 1 < notes_.size() && notes_[keep + 1].count <= count - watched_samples) ++keep;
    notes_.erase(notes_.begin(), notes_.begin() + static_cast<std::ptrdiff_t>(keep));
}

bool NoiseWatch::stalled() const noexcept {
    if (notes_.empty() || notes_.front().count + watched_samples > notes_.back().count)
        return false;
    double mean = 0;
    for (const Note& note : notes_) mean += note.half_width / static_cast<double>(notes_.size());
    return std::all_of(notes_.begin(), notes_.end(), [mean](const Note& note) {
        return std::abs(note.half_width - mean) <= still * mean;
    });
}

} // namespace hone
