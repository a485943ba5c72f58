#include "lib/measure/interleaving.hpp"

#include <cmath>
#include <utility>

namespace hone {

namespace {

constexpr double pace_change = 0.01;
// Fewer samples say nothing about the pace.
constexpr std::uint64_t enough = 4;

// +1: `now` is slower than `before`, -1: faster, 0: no telling.
int direction(const TimeSummary& before, const TimeSummary& now) {
    if (before.count < enough || now.count < enough) return 0;
    const double ratio = static_cast<double>(now.median_ps) / static_cast<double>(before.median_ps);
    if (now.low_ps > before.high_ps && ratio > 1 + pace_change) return 1;
    if (now.high_ps < before.low_ps && ratio < 1 - pace_change) return -1;
    return 0;
}

} // namespace

Interleaving::Interleaving(std::size_t candidates, Sampler sampler)
    : sampler_(std::move(sampler)), collected_(candidates), failed_(candidates) {}

std::vector<Samples> Interleaving::round(std::vector<int>& candidates, int rounds) {
    if (candidates.empty()) return {};
    std::vector<Samples> samples = sampler_(candidates, rounds);
    if (samples.empty()) return {};
    taken_ += candidates.size() * static_cast<std::size_t>(rounds);

    std::vector<int> alive;
    std::vector<Samples> of_alive;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (samples[i].picoseconds.empty() && samples[i].dropped == 0) {
            failed_[static_cast<std::size_t>(candidates[i])] = true;
            continue;
        }
        alive.push_back(candidates[i]);
        of_alive.push_back(std::move(samples[i]));
    }
    candidates = std::move(alive);
    return of_alive;
}

bool Interleaving::moved(std::span<const int> candidates, std::span<const Samples> fresh) const {
    std::size_t slower = 0, faster = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const int way = direction(summarise(of(candidates[i])), summarise(fresh[i]));
        slower += way > 0 ? 1 : 0;
        faster += way < 0 ? 1 : 0;
    }
    return 2 * slower > candidates.size() || 2 * faster > candidates.size();
}

void Interleaving::forget(int candidate) {
    Samples& samples = collected_[static_cast<std::size_t>(candidate)];
    samples.dropped += static_cast<std::int64_t>(samples.picoseconds.size());
    samples.picoseconds.clear();
}

bool Interleaving::take(std::vector<int>& candidates, int rounds) {
    std::vector<Samples> fresh = round(candidates, rounds);
    if (fresh.empty()) return false;

    if (moved(candidates, fresh)) {
        const std::vector<int> asked = candidates;
        std::vector<Samples> again = round(candidates, rounds);
        // Over: the disturbed round is left out, what was collected before it stands.
        if (again.empty()) return false;
        const bool new_level = moved(candidates, again);
        for (std::size_t i = 0, j = 0; i < asked.size(); ++i) {
            if (j == candidates.size() || candidates[j] != asked[i]) continue; // failed meanwhile
            if (new_level) forget(asked[i]);
            again[j++].dropped += static_cast<std::int64_t>(fresh[i].picoseconds.size());
        }
        fresh = std::move(again);
    }
    for (std::size_t i = 0; i < candidates.size(); ++i)
        append(collected_[static_cast<std::size_t>(candidates[i])], fresh[i]);
    return true;
}

} // namespace hone
