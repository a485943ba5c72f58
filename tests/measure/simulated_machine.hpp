// A machine with the manners of real ones, for tests of statistics and races: skewed noise, bursts
// of foreign load, slow drift, steps of the clock. Deterministic in its seed on every platform.
#pragma once

#include "lib/measure/interleaving.hpp"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace hone::test {

struct Manners {
    double skew = 0.004;      // mean of the one-sided noise of a sample
    double burst_rate = 0.01; // chance that a burst of foreign load starts at a sample
    int burst_samples = 6;    // its mean length
    double burst_factor = 1.25;
    double drift = 0.02;                               // amplitude of a slow wave
    double drift_samples = 700;                        // its period
    std::vector<std::pair<std::size_t, double>> steps; // from this sample on, this pace
};

class SimulatedMachine final {
  public:
    SimulatedMachine(std::uint64_t seed, Manners manners)
        : engine_(seed), manners_(std::move(manners)) {}

    // In [0, 1).
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }

    std::int64_t sample(double true_ps) {
        ++samples_;
        if (burst_left_ > 0) {
            --burst_left_;
        } else if (uniform() < manners_.burst_rate) {
            burst_left_ = 1 + static_cast<int>(2 * manners_.burst_samples * uniform());
        }
        double pace =
            1 + manners_.drift * std::sin(2 * std::numbers::pi * static_cast<double>(samples_) /
                                          manners_.drift_samples);
        for (const auto& [from, factor] : manners_.steps)
            if (samples_ >= from) pace *= factor;
        if (burst_left_ > 0) pace *= manners_.burst_factor;
        return std::llround(true_ps * pace * (1 - manners_.skew * std::log(1 - uniform())));
    }

    // Samples of programs with these times, in turns and in rotating order.
    Sampler sampler(std::vector<double> true_ps) {
        return [this, true_ps = std::move(true_ps)](std::span<const int> candidates, int rounds) {
            std::vector<Samples> samples(candidates.size());
            for (std::size_t round = 0; round < static_cast<std::size_t>(rounds); ++round)
                for (std::size_t turn = 0; turn < candidates.size(); ++turn) {
                    const std::size_t i = (turn + round) % candidates.size();
                    const auto candidate = static_cast<std::size_t>(candidates[i]);
                    samples[i].picoseconds.push_back(sample(true_ps[candidate]));
                }
            return samples;
        };
    }

    [[nodiscard]] std::size_t samples() const noexcept { return samples_; }

  private:
    std::mt19937_64 engine_;
    Manners manners_;
    std::size_t samples_ = 0;
    int burst_left_ = 0;
};

} // namespace hone::test
