#include "lib/measure/race.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace hone {

namespace {

constexpr int first_round = 4;
constexpr std::uint64_t most_samples = 256;
constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

bool has_time(const TimeSummary& time) { return time.count > 0; }

// A burst of foreign load can cover most of few samples, but seldom all of them.
std::uint64_t least_of(const Samples& samples) {
    if (samples.picoseconds.empty()) return 0;
    return static_cast<std::uint64_t>(std::ranges::min(samples.picoseconds));
}

// While there are too few samples for an interval.
bool far_behind(const Samples& samples, std::uint64_t best_ps) {
    return least_of(samples) * 100 > best_ps * 110;
}

} // namespace

bool worth_racing(const TimeSummary& screened, std::uint64_t incumbent_ps) noexcept {
    return incumbent_ps == 0 || !has_time(screened) ||
           screened.median_ps * 100 <= incumbent_ps * 135;
}

std::vector<RaceStanding> race(std::size_t count, std::size_t keep, const Sampler& sampler) {
    std::vector<RaceStanding> standings(count);
    std::vector<int> alive(count);
    std::iota(alive.begin(), alive.end(), 0);
    Interleaving interleaving(count, sampler);
    const auto time = [&](int candidate) -> TimeSummary& {
        return standings[static_cast<std::size_t>(candidate)].time;
    };

    // Untimed candidates come last: their 0 wraps to the largest.
    const auto rising = [](const auto& picoseconds) {
        return [&](int a, int b) { return picoseconds(a) - 1 < picoseconds(b) - 1; };
    };
    const auto median = [&](int candidate) { return time(candidate).median_ps; };
    const auto least = [&](int candidate) { return least_of(interleaving.of(candidate)); };
    // Many that are nearly as fast would cost more to tell apart than they can gain.
    const auto keep_fastest = [&](std::vector<int>& of, std::size_t most) {
        if (of.size() <= most) return;
        std::stable_sort(of.begin(), of.end(), rising(least));
        of.resize(most);
        std::sort(of.begin(), of.end());
    };
    bool first_look = true;
    int rounds = first_round;
    while (!alive.empty()) {
        const bool more = interleaving.take(alive, rounds);
        const double z = interval_z(alive.size());
        std::uint64_t fewest = none, best_ps = none, least_high_ps = none;
        for (const int candidate : alive) {
            time(candidate) = summarise(interleaving.of(candidate), z);
            if (!has_time(time(candidate))) continue; // every sample was dropped: not judged yet
            fewest = std::min(fewest, time(candidate).count);
            best_ps = std::min(best_ps, time(candidate).median_ps);
            least_high_ps = std::min(least_high_ps, time(candidate).high_ps);
        }
        std::erase_if(alive, [&](int candidate) {
            if (!has_time(time(candidate))) return false;
            return fewest < interval_samples ? far_behind(interleaving.of(candidate), best_ps)
                                             : time(candidate).low_ps > least_high_ps;
        });
        if (first_look && fewest != none) {
            keep_fastest(alive, 3 * keep);
            first_look = false;
        }
        if (!more || alive.size() <= keep) break;
        if (fewest != none && fewest >= most_samples) break;
        // Samples can be dropped for ever, so those taken bound the race as well.
        if (interleaving.taken() >= 2 * count * most_samples) break;
        rounds = fewest == none
                     ? first_round
                     : static_cast<int>(std::min(std::max<std::uint64_t>(fewest, first_round),
                                                 most_samples / 2));
    }

    std::stable_sort(alive.begin(), alive.end(), rising(median));
    for (std::size_t i = 0; i < std::min(keep, alive.size()); ++i)
        standings[static_cast<std::size_t>(alive[i])].kept = true;
    for (std::size_t i = 0; i < count; ++i) {
        standings[i].energy_uj = interleaving.of(static_cast<int>(i)).energy_uj;
        standings[i].failed = interleaving.failed(static_cast<int>(i));
    }
    return standings;
}

} // namespace hone
