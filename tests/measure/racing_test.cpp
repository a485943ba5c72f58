#include "tests/catch.hpp"
#include "tests/measure/simulated_search.hpp"
#include "tests/replay/recorded.hpp"

#include <cmath>
#include <memory>
#include <string>

using namespace hone;
using namespace hone::test;

namespace {

// Times of the configs of a real space that a search meets, drawn: better ones more often towards
// its end.
std::vector<double> met(const std::vector<double>& all, SimulatedMachine& random,
                        std::size_t trials) {
    const auto draw = [&] {
        return all[static_cast<std::size_t>(random.uniform() * static_cast<double>(all.size()))];
    };
    std::vector<double> times;
    for (std::size_t i = 0; i < trials; ++i) {
        double time = draw();
        for (std::size_t better = 0; better < i / 20; ++better) time = std::min(time, draw());
        times.push_back(time);
    }
    return times;
}

std::vector<double> recorded_times(const std::string& path) {
    std::vector<double> times;
    for (const replay::RecordedTrial& trial : replay::read_recorded_space(path).trials)
        if (const auto ns = trial.value(replay::Objective::time)) times.push_back(*ns * 1e3);
    return times;
}

struct RunWeather {
    std::string name;
    Manners manners;
};

const std::vector<RunWeather> run_weathers = {
    {"calm", {.burst_rate = 0, .drift = 0, .steps = {}}},
    {"bursts", {.burst_rate = 0.02, .drift = 0, .steps = {}}},
    {"drift", {.burst_rate = 0, .drift = 0.02, .steps = {}}},
    {"clock steps", {.burst_rate = 0, .drift = 0, .steps = {{300, 1.15}, {700, 0.87}}}},
    {"everything", {.skew = 0.004, .steps = {{400, 1.1}}}},
};

struct Judged {
    double share = 0, mean = 0, most = 0; // of the repetitions; regret
};

Judged judge(const std::vector<double>& all, const RunWeather& weather, int searches,
             std::size_t trials) {
    Judged judged;
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(searches); ++i) {
        SimulatedMachine random(i + 1, {}), machine(i + 1000, weather.manners);
        const std::vector<double> times = met(all, random, trials);
        const Spent spent = staged_search(times, [&](double ps) { return machine.sample(ps); });
        judged.share += static_cast<double>(spent.repetitions) /
                        (32.0 * static_cast<double>(trials) * searches);
        judged.mean += spent.regret / searches;
        judged.most = std::max(judged.most, spent.regret);
    }
    return judged;
}

} // namespace

TEST_CASE("screen, race and final take a fifth of 32 repetitions each and choose as well",
          "[measure]") {
    const std::vector<double> all = recorded_times(small_space_file());
    for (const RunWeather& weather : run_weathers) {
        const Judged judged = judge(all, weather, 30, 200);
        INFO(weather.name << ": share " << judged.share << ", regret " << judged.mean
                          << ", at most " << judged.most);
        CHECK(judged.share < 0.2);
        CHECK(judged.mean < 0.001);
        CHECK(judged.most < 0.005);
    }
}

TEST_CASE("so they do on spaces of real devices", "[measure]") {
    const std::string folder = spaces_folder();
    if (folder.empty()) HONE_SKIP("HONE_SPACES names no folder of recorded spaces");
    for (const std::string space : {"gemm_RTX_3090", "convolution_A100"}) {
        const std::vector<double> all = recorded_times(folder + "/" + space + ".json.gz");
        for (const RunWeather& weather : run_weathers) {
            const Judged judged = judge(all, weather, 100, 200);
            INFO(space << ", " << weather.name << ": share " << judged.share << ", regret "
                       << judged.mean << ", at most " << judged.most);
            CHECK(judged.share < 0.2);
            CHECK(judged.mean < 0.001);
            // A burst on a slower clock can hide the best one while it is screened: so it does in
            // one search of a hundred where many are nearly as good.
            const bool hidden = weather.name == "everything" && space == "gemm_RTX_3090";
            CHECK(judged.most < (hidden ? 0.02 : 0.005));
        }
    }
}
