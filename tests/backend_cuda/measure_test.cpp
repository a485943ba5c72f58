#include "hone/gemm.hpp"
#include "hone/policy.hpp"
#include "tests/backend_cuda/stub.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace hone;
using cuda_test::Card;

namespace {

constexpr std::int64_t microsecond = 1'000'000; // in picoseconds

Policy fast_policy() {
    Policy fast = policy("gpu-cold-rotate/1");
    fast.warm_up_ns = 0;
    fast.min_sample_ns = 100'000;
    return fast;
}

std::vector<Samples> measured(const Card& card, const std::vector<std::string>& behaviours,
                              int rounds) {
    std::vector<Session::Loaded> programs;
    std::vector<Launch> launches;
    const Problem problem = Gemm{}.problem();
    for (const std::string& behaviour : behaviours)
        programs.push_back(card.load(Card::program({"entry kernel", behaviour})));
    for (const Session::Loaded& loaded : programs)
        launches.push_back(cuda_test::launch(*loaded.kernel, problem));
    return card.session->measure(launches, fast_policy(), rounds,
                                 std::chrono::steady_clock::now() + std::chrono::seconds(20));
}

} // namespace

TEST_CASE("samples are what the device's clock says one launch takes", "[backend_cuda]") {
    const Card card("clock_mhz=1410");
    const auto samples = measured(card, {"time 25", "time 7"}, 5);
    REQUIRE(samples.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        REQUIRE(samples[i].picoseconds.size() == 5);
        const std::int64_t expected = (i == 0 ? 25 : 7) * microsecond;
        for (const std::int64_t each : samples[i].picoseconds)
            CHECK(std::abs(each - expected) <= expected / 1000);
        CHECK(samples[i].dropped == 0);
        CHECK(samples[i].clock_khz == 1'410'000);
        CHECK(samples[i].throttle_bits == 0);
    }
}

TEST_CASE("energy is what the card's counter says, per launch, where it has one",
          "[backend_cuda]") {
    Policy counting = fast_policy();
    counting.energy_ns = 50'000'000;
    for (const auto& [settings, expected_uj] :
         {std::pair{"energy=1", 25 * 200}, std::pair{"energy=0", 0}}) {
        const Card card(settings);
        const Problem problem = Gemm{}.problem();
        const Session::Loaded loaded =
            card.load(Card::program({"entry kernel", "time 25", "watts 200"}));
        const Launch launch = cuda_test::launch(*loaded.kernel, problem);
        const auto samples = card.session->measure(
            {&launch, 1}, counting, 1, std::chrono::steady_clock::now() + std::chrono::seconds(20));
        CHECK(std::abs(samples.at(0).energy_uj - expected_uj) <= expected_uj / 100);
    }
}

TEST_CASE("samples under a thermal or hardware slow-down are dropped, at the power cap kept",
          "[backend_cuda]") {
    for (const std::uint32_t bit : {0x8u, 0x20u, 0x40u, 0x80u}) {
        const Card card("throttled_samples=1 throttle=" + std::to_string(bit));
        const auto samples = measured(card, {"time 10"}, 3);
        CHECK(samples[0].dropped == 1);
        CHECK(samples[0].picoseconds.size() == 3);
        CHECK(samples[0].throttle_bits == bit);
    }
    const Card capped("throttle=4");
    const auto samples = measured(capped, {"time 10"}, 3);
    CHECK(samples[0].dropped == 0);
    CHECK(samples[0].picoseconds.size() == 3);
    CHECK(samples[0].throttle_bits == 4);
}

TEST_CASE("a card that never cools gives no samples and says how many it dropped",
          "[backend_cuda]") {
    const Card card("throttle=0x40");
    const auto samples = measured(card, {"time 10"}, 2);
    CHECK(samples[0].picoseconds.empty());
    CHECK(samples[0].dropped == 6);
}

TEST_CASE("a fault while measuring leaves the rest empty and is told at the next wait",
          "[backend_cuda]") {
    const Card card;
    Program program = Card::program({"entry kernel", "after 3", "behave illegal_access"});
    const auto loaded = card.load(program);
    const Problem problem = Gemm{}.problem();
    const std::vector<Launch> launches = {cuda_test::launch(*loaded.kernel, problem)};
    const auto samples = card.session->measure(
        launches, fast_policy(), 5, std::chrono::steady_clock::now() + std::chrono::seconds(5));
    CHECK(samples[0].picoseconds.empty());
    CHECK(samples[0].dropped == 0);
    const RunReport report = card.session->synchronize();
    CHECK(report.outcome == Outcome::illegal_access);
    CHECK(report.poisoned);
}
