#include "measure.hpp"

#include "placement.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <thread>

namespace hone::cpu {
namespace {

constexpr int tries = 3; // of one sample
constexpr std::int64_t most_launches = 1'000'000;

// One contender with its operand sets and what was learnt about it.
class Contender final {
  public:
    Contender(Bench& bench, const Launch& launch, const Policy& policy, bool alone)
        : bench_(bench), launch_(launch), policy_(policy), alone_(alone),
          used_(std::max<std::size_t>(1, launch.operand_sets.size()), false) {}

    // The first launch, which may start threads and load pages.
    void prime() {
        const Placement placement(place());
        launch_once();
    }

    // Takes one sample, or none when the clock passed `deadline` meanwhile.
    void take(std::chrono::steady_clock::time_point deadline) {
        const Placement placement(place());
        for (int i = 0; i < tries; ++i) {
            if (i > 0 && std::chrono::steady_clock::now() >= deadline) return;
            if (take_one()) return;
        }
    }

    Samples samples() {
        if (samples_.picoseconds.empty() && least_disturbed_ > 0) {
            samples_.picoseconds.push_back(least_disturbed_);
            --samples_.dropped;
        }
        return std::move(samples_);
    }

  private:
    int place() const { return may_be_placed(launch_) ? bench_.cpu() : -1; }

    // True when the sample was kept.
    bool take_one() {
        if (!policy_.cold && !(alone_ && warm_)) warm_up();
        const std::int64_t count = policy_.cold ? 1 : launches_per_sample();
        const bool restores = !launch_.restore.empty();
        const std::int64_t lost = bench_.lost_ns();
        std::int64_t elapsed = 0;
        if (restores || policy_.cold) {
            // Restoring and flushing stay outside of the time.
            for (std::int64_t i = 0; i < count; ++i) elapsed += time_one();
        } else {
            const std::int64_t start = bench_.now_ns();
            for (std::int64_t i = 0; i < count; ++i) launch_once();
            elapsed = bench_.now_ns() - start;
        }
        const auto disturbance = static_cast<double>(bench_.lost_ns() - lost) /
                                 static_cast<double>(std::max<std::int64_t>(1, elapsed));
        const std::int64_t mean_ps = elapsed * 1000 / count;
        if (mean_ps > 0) one_ns_ = std::max<std::int64_t>(1, elapsed / count);
        if (disturbance <= policy_.max_foreign_load) {
            samples_.picoseconds.push_back(mean_ps);
            return true;
        }
        ++samples_.dropped;
        // Whoever ran meanwhile had the caches; a long launch fills them again by itself.
        if (one_ns_ < policy_.warm_up_ns) warm_ = false;
        if (disturbance < least_disturbance_) {
            least_disturbance_ = disturbance;
            least_disturbed_ = mean_ps;
        }
        return false;
    }

    // Other contenders have had the caches in between, so at least one launch goes unmeasured.
    void warm_up() {
        const std::int64_t start = bench_.now_ns();
        std::int64_t elapsed = 0;
        std::int64_t count = 0;
        do {
            restore();
            launch_once();
            ++count;
            elapsed = bench_.now_ns() - start;
        } while (elapsed < policy_.warm_up_ns && count < most_launches);
        if (one_ns_ == 0) one_ns_ = std::max<std::int64_t>(1, elapsed / count);
        warm_ = true;
    }

    std::int64_t launches_per_sample() const {
        return std::clamp<std::int64_t>((policy_.min_sample_ns + one_ns_ - 1) / one_ns_, 1,
                                        most_launches);
    }

    std::int64_t time_one() {
        restore();
        if (policy_.cold) bench_.flush_caches();
        const std::int64_t start = bench_.now_ns();
        launch_once();
        return bench_.now_ns() - start;
    }

    void restore() {
        if (launch_.restore.empty() || !used_[set_]) return;
        for (const Launch::Restore& copy : launch_.restore[set_])
            std::memcpy(copy.to, copy.from, copy.bytes);
        used_[set_] = false;
    }

    void launch_once() {
        const std::span<const Tensor> operands =
            launch_.operand_sets.empty() ? std::span<const Tensor>{} : launch_.operand_sets[set_];
        // A launch that was refused was reported by the run before.
        (void)launch_.kernel->launch(*launch_.problem, operands, launch_.prepared,
                                     launch_.workspace, {});
        used_[set_] = true;
        set_ = (set_ + 1) % used_.size();
    }

    Bench& bench_;
    const Launch& launch_;
    const Policy& policy_;
    bool alone_;             // nobody else uses the caches between its samples
    bool warm_ = false;      // once
    std::vector<bool> used_; // operand sets whose inout operands were written
    std::size_t set_ = 0;
    std::int64_t one_ns_ = 0; // a launch takes about this long
    Samples samples_;
    std::int64_t least_disturbed_ = 0;
    double least_disturbance_ = std::numeric_limits<double>::infinity();
};

} // namespace

std::vector<Samples> measure(Bench& bench, std::span<const Launch> launches, const Policy& policy,
                             int rounds, std::chrono::steady_clock::time_point deadline) {
    std::vector<Contender> contenders;
    contenders.reserve(launches.size());
    for (const Launch& launch : launches)
        contenders.emplace_back(bench, launch, policy, launches.size() == 1);
    for (Contender& contender : contenders) contender.prime();
    bench.watch();

    const std::size_t count = launches.size();
    std::chrono::microseconds settle{0};
    bool stop = false;
    for (int round = 0; round < rounds && !stop; ++round) {
        for (std::size_t i = 0; i < count && !stop; ++i) {
            // Clocks and neighbours drift, so nobody is always first.
            const std::size_t which = (static_cast<std::size_t>(round) + i) % count;
            if (settle.count() > 0 && count > 1) std::this_thread::sleep_for(settle);
            contenders[which].take(deadline);
            settle = launches[which].settle;
            stop = std::chrono::steady_clock::now() >= deadline;
        }
    }

    std::vector<Samples> samples;
    for (Contender& contender : contenders) samples.push_back(contender.samples());
    return samples;
}

} // namespace hone::cpu
