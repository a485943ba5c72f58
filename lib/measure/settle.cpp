#include "lib/measure/settle.hpp"

#include <algorithm>
#include <numeric>

namespace hone {

namespace {

constexpr int block = 8;
// Fewer than this can be narrow by luck when a disturbance outlasts several samples.
constexpr std::uint64_t least_samples = 16;

} // namespace

std::vector<RaceStanding> settle(std::size_t count, double interval, const Sampler& sampler) {
    std::vector<RaceStanding> standings(count);
    std::vector<NoiseWatch> watches(count);
    std::vector<int> alive(count);
    std::iota(alive.begin(), alive.end(), 0);
    Interleaving interleaving(count, sampler);

    bool more = true, open = true;
    while (more && open && !alive.empty()) {
        more = interleaving.take(alive, block);
        open = false;
        for (const int contender : alive) {
            const auto i = static_cast<std::size_t>(contender);
            TimeSummary& time = standings[i].time;
            time = summarise(interleaving.of(contender));
            const double half_width = relative_half_width(time);
            time.noisy = half_width > interval || time.count < interval_samples;
            // Samples asked for and a finite width: a contender whose samples are all dropped must
            // end as well.
            watches[i].note(time.count + time.dropped, std::min(half_width, 1.0));
            const bool settled = time.count >= least_samples && !time.noisy;
            if (!settled && !watches[i].stalled()) open = true;
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        standings[i].failed = interleaving.failed(static_cast<int>(i));
        standings[i].kept = !standings[i].failed;
        standings[i].energy_uj = interleaving.of(static_cast<int>(i)).energy_uj;
    }
    return standings;
}

} // namespace hone
