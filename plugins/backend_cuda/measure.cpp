#include "measure.hpp"

#include "replay.hpp"

#include <algorithm>
#include <memory>
#include <thread>

namespace hone::cuda {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int tries_per_sample = 3;
constexpr std::chrono::milliseconds cooling{50};

// One program and what was measured of it.
class Contender final {
  public:
    Contender(const Context& context, api::Stream stream, const Launch& launch,
              const Policy& policy)
        : replay_(context, stream, launch, policy) {}

    [[nodiscard]] bool warm_up(std::int64_t nanoseconds) { return replay_.warm_up(nanoseconds); }

    void take(Gate& gate, const Nvml::Card& card, Clock::time_point deadline) {
        for (int attempt = 0; attempt < tries_per_sample; ++attempt) {
            const auto picoseconds = replay_.time(gate);
            if (!picoseconds) return;
            const std::uint64_t bits = card.throttle_bits();
            samples_.throttle_bits |= static_cast<std::uint32_t>(bits);
            if (const auto mhz = card.clock_mhz()) clocks_mhz_.push_back(*mhz);
            if ((bits & nvml::untrusted) == 0) {
                samples_.picoseconds.push_back(*picoseconds);
                return;
            }
            ++samples_.dropped;
            if (Clock::now() + cooling >= deadline) return;
            std::this_thread::sleep_for(cooling);
        }
    }

    void take_energy(const Nvml::Card& card, std::int64_t nanoseconds) {
        samples_.energy_uj = replay_.energy(card, nanoseconds).value_or(0);
    }

    [[nodiscard]] Samples samples() {
        if (!clocks_mhz_.empty()) {
            const auto middle =
                clocks_mhz_.begin() + static_cast<std::ptrdiff_t>(clocks_mhz_.size() / 2);
            std::nth_element(clocks_mhz_.begin(), middle, clocks_mhz_.end());
            samples_.clock_khz = *middle * 1000;
        }
        return std::move(samples_);
    }

  private:
    Replay replay_;
    Samples samples_;
    std::vector<std::int64_t> clocks_mhz_;
};

} // namespace

std::vector<Samples> measure(const Context& context, api::Stream stream, const Nvml::Card& card,
                             std::span<const Launch> launches, const Policy& policy, int rounds,
                             Clock::time_point deadline) {
    std::vector<std::unique_ptr<Contender>> contenders;
    for (const Launch& launch : launches)
        contenders.push_back(std::make_unique<Contender>(context, stream, launch, policy));
    // Together they warm the card up as long as one would alone.
    const auto count = static_cast<std::int64_t>(std::max<std::size_t>(launches.size(), 1));
    for (const auto& contender : contenders) (void)contender->warm_up(policy.warm_up_ns / count);

    Gate gate(context.driver());
    bool stop = false;
    for (int round = 0; round < rounds && !stop; ++round) {
        for (std::size_t i = 0; i < contenders.size() && !stop; ++i) {
            // Clocks drift, so nobody is always first.
            const std::size_t which = (static_cast<std::size_t>(round) + i) % contenders.size();
            contenders[which]->take(gate, card, deadline);
            stop = Clock::now() >= deadline;
        }
    }
    for (const auto& contender : contenders)
        if (policy.energy_ns > 0 && !stop) contender->take_energy(card, policy.energy_ns);
    std::vector<Samples> samples;
    samples.reserve(contenders.size());
    for (const auto& contender : contenders) samples.push_back(contender->samples());
    return samples;
}

} // namespace hone::cuda
