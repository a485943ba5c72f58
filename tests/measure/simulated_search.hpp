// The stages by which a search measures its candidates (screen, race, final), on a simulated
// machine, against the plain way: so many repetitions for each.
#pragma once

#include "lib/measure/race.hpp"
#include "lib/measure/settle.hpp"
#include "tests/measure/simulated_machine.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace hone::test {

struct Spent {
    std::size_t repetitions = 0;
    double regret = 0; // time of the one chosen / time of the best measured - 1
};

// One timed run of a program that takes `true_ps` on a quiet machine.
using TimedRun = std::function<std::int64_t(double true_ps)>;

// As Measurer::screen and ProblemSearch do it: what seems twice as slow as the best so far gets a
// single sample, the 64 fastest are raced until five are left, whose times are settled.
inline Spent staged_search(const std::vector<double>& true_ps, const TimedRun& run) {
    constexpr std::size_t shortlist = 64, finalists = 5;
    constexpr std::uint64_t hopeless = 2;
    constexpr double interval = 0.005;
    Spent spent;
    const auto timed = [&](std::size_t candidate) {
        ++spent.repetitions;
        return run(true_ps[candidate]);
    };
    struct Listed {
        std::uint64_t median_ps;
        std::size_t candidate;
    };
    std::vector<Listed> listed;
    for (std::size_t i = 0; i < true_ps.size(); ++i) {
        Samples samples;
        samples.picoseconds.push_back(timed(i));
        const auto first = static_cast<std::uint64_t>(samples.picoseconds.front());
        if (!listed.empty() && first > hopeless * listed.front().median_ps) continue;
        while (samples.picoseconds.size() < screening_rounds)
            samples.picoseconds.push_back(timed(i));
        listed.push_back({summarise(samples).median_ps, i});
        std::sort(listed.begin(), listed.end(),
                  [](const Listed& a, const Listed& b) { return a.median_ps < b.median_ps; });
        if (listed.size() > shortlist) listed.pop_back();
    }
    std::erase_if(listed, [best = listed.front().median_ps](const Listed& entry) {
        return !worth_racing({.count = 1, .median_ps = entry.median_ps}, best);
    });

    std::vector<std::size_t> in;
    for (const Listed& entry : listed) in.push_back(entry.candidate);
    const Sampler sampler = [&](std::span<const int> candidates, int rounds) {
        std::vector<Samples> samples(candidates.size());
        for (std::size_t round = 0; round < static_cast<std::size_t>(rounds); ++round)
            for (std::size_t turn = 0; turn < candidates.size(); ++turn) {
                const std::size_t i = (turn + round) % candidates.size();
                samples[i].picoseconds.push_back(
                    timed(in[static_cast<std::size_t>(candidates[i])]));
            }
        return samples;
    };
    const auto raced = race(in.size(), finalists, sampler);
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < in.size(); ++i)
        if (raced[i].kept) kept.push_back(in[i]);
    in = kept;
    const auto settled = settle(in.size(), interval, sampler);
    std::size_t best = 0;
    for (std::size_t i = 1; i < in.size(); ++i)
        if (settled[i].time.median_ps < settled[best].time.median_ps) best = i;
    spent.regret = true_ps[in[best]] / *std::min_element(true_ps.begin(), true_ps.end()) - 1;
    return spent;
}

// The same number of repetitions for each, one candidate after the other; the least median wins.
inline Spent fixed_search(const std::vector<double>& true_ps, const TimedRun& run,
                          int repetitions = 32) {
    Spent spent;
    std::uint64_t least = 0;
    for (const double time : true_ps) {
        Samples samples;
        for (int i = 0; i < repetitions; ++i) samples.picoseconds.push_back(run(time));
        spent.repetitions += static_cast<std::size_t>(repetitions);
        const std::uint64_t median = summarise(samples).median_ps;
        if (least != 0 && median >= least) continue;
        least = median;
        spent.regret = time / *std::min_element(true_ps.begin(), true_ps.end()) - 1;
    }
    return spent;
}

} // namespace hone::test
