#include "lib/measure/interleaving.hpp"
#include "tests/catch.hpp"

#include <cstddef>
#include <vector>

using namespace hone;

namespace {

// Every round at one pace: candidate c takes (c + 1) * pace, give or take a little.
class Paces final {
  public:
    explicit Paces(std::vector<double> paces) : paces_(std::move(paces)) {}

    Sampler sampler() {
        return [this](std::span<const int> candidates, int rounds) {
            if (next_ == paces_.size()) return std::vector<Samples>{};
            const double pace = paces_[next_++];
            std::vector<Samples> samples(candidates.size());
            for (std::size_t i = 0; i < candidates.size(); ++i)
                for (int round = 0; round < rounds; ++round)
                    samples[i].picoseconds.push_back(static_cast<std::int64_t>(
                        (candidates[i] + 1) * 1e6 * pace * (1 + 0.001 * (round % 3))));
            return samples;
        };
    }

  private:
    std::vector<double> paces_;
    std::size_t next_ = 0;
};

} // namespace

TEST_CASE("rounds at one pace add up", "[measure]") {
    Paces paces({1, 1.005, 0.998});
    Interleaving interleaving(3, paces.sampler());
    std::vector<int> all = {0, 1, 2};
    while (interleaving.take(all, 4)) {
    }
    CHECK(interleaving.of(0).picoseconds.size() == 12);
    CHECK(interleaving.of(2).picoseconds.size() == 12);
    CHECK(interleaving.of(1).dropped == 0);
    CHECK(interleaving.taken() == 36);
}

TEST_CASE("a disturbed round is repeated and dropped", "[measure]") {
    Paces paces({1, 1.3, 1});
    Interleaving interleaving(2, paces.sampler());
    std::vector<int> all = {0, 1};
    CHECK(interleaving.take(all, 4));
    CHECK(interleaving.take(all, 4)); // takes two rounds
    CHECK_FALSE(interleaving.take(all, 4));
    CHECK(interleaving.of(0).picoseconds.size() == 8);
    CHECK(interleaving.of(0).dropped == 4);
    CHECK(summarise(interleaving.of(1)).high_ps < 2'010'000);
}

TEST_CASE("at a new level everything is measured afresh", "[measure]") {
    Paces paces({1, 0.9, 0.9, 0.9});
    Interleaving interleaving(2, paces.sampler());
    std::vector<int> all = {0, 1};
    CHECK(interleaving.take(all, 4));
    CHECK(interleaving.take(all, 4));
    CHECK(interleaving.of(0).picoseconds.size() == 4);
    CHECK(interleaving.of(0).dropped == 8);
    CHECK(summarise(interleaving.of(0)).high_ps < 910'000);
    CHECK(interleaving.take(all, 4));
    CHECK(interleaving.of(0).picoseconds.size() == 8);
}

TEST_CASE("one candidate that moves alone does not move the machine", "[measure]") {
    int round = 0;
    Interleaving interleaving(3, [&](std::span<const int> candidates, int rounds) {
        ++round;
        std::vector<Samples> samples(candidates.size());
        for (std::size_t i = 0; i < candidates.size(); ++i)
            for (int j = 0; j < rounds; ++j)
                samples[i].picoseconds.push_back(1000 + j + (round > 1 && i == 1 ? 500 : 0));
        return samples;
    });
    std::vector<int> all = {0, 1, 2};
    CHECK(interleaving.take(all, 4));
    CHECK(interleaving.take(all, 4));
    CHECK(round == 2);
    CHECK(interleaving.of(1).picoseconds.size() == 8);
}

TEST_CASE("a round that ends early leaves what was there", "[measure]") {
    Paces paces({1, 1.3});
    Interleaving interleaving(2, paces.sampler());
    std::vector<int> all = {0, 1};
    CHECK(interleaving.take(all, 4));
    CHECK_FALSE(interleaving.take(all, 4)); // disturbed, and no time to repeat it
    CHECK(interleaving.of(0).picoseconds.size() == 4);
    CHECK(summarise(interleaving.of(0)).high_ps < 1'010'000);
}
