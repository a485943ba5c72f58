// What the stages of measuring cost and how good their choice is, on a simulated machine, against
// 32 repetitions for each config: bench_racing SPACE... [NOISE], recorded spaces; a file named
// noise_* is one config measured very often, whose deviations are drawn as they are.
#include "hone/error.hpp"
#include "lib/replay/file_text.hpp"
#include "lib/replay/json_records.hpp"
#include "lib/replay/recorded_space.hpp"
#include "tests/measure/simulated_search.hpp"

#include <fmt/format.h>

#include <string>

using namespace hone;

namespace {

constexpr int searches = 100;
constexpr std::size_t trials = 200;

struct Weather {
    std::string name;
    test::Manners manners;
};

const std::vector<Weather> weathers = {
    {"calm", {.burst_rate = 0, .drift = 0, .steps = {}}},
    {"bursts", {.burst_rate = 0.02, .drift = 0, .steps = {}}},
    {"drift", {.burst_rate = 0, .drift = 0.02, .steps = {}}},
    {"clock steps", {.burst_rate = 0, .drift = 0, .steps = {{300, 1.15}, {700, 0.87}}}},
    {"everything", {.skew = 0.004, .steps = {{400, 1.1}}}},
};

// Times of the configs that a search of `trials` trials meets: drawn, with the best of a hundred
// more at its end, as a search finds better ones while it runs.
std::vector<double> met(const std::vector<double>& times, test::SimulatedMachine& random) {
    const auto draw = [&] {
        return times[static_cast<std::size_t>(random.uniform() *
                                              static_cast<double>(times.size()))];
    };
    std::vector<double> chosen;
    for (std::size_t i = 0; i < trials; ++i) {
        double time = draw();
        for (std::size_t better = 0; better < i / 20; ++better) time = std::min(time, draw());
        chosen.push_back(time);
    }
    return chosen;
}

void report(const std::string& space, const std::string& weather, const std::vector<double>& times,
            const std::function<test::TimedRun(int)>& machine) {
    double share = 0, mean = 0, most = 0, fixed_mean = 0, fixed_most = 0;
    for (int i = 0; i < searches; ++i) {
        test::SimulatedMachine random(static_cast<std::uint64_t>(i) + 1, {});
        const std::vector<double> chosen = met(times, random);
        const test::Spent staged = test::staged_search(chosen, machine(i));
        const test::Spent fixed = test::fixed_search(chosen, machine(i));
        share += static_cast<double>(staged.repetitions) / static_cast<double>(fixed.repetitions);
        mean += staged.regret;
        most = std::max(most, staged.regret);
        fixed_mean += fixed.regret;
        fixed_most = std::max(fixed_most, fixed.regret);
    }
    fmt::print("{:28} {:12} {:5.1f} %  {:6.3f} % {:6.3f} %   {:6.3f} % {:6.3f} %\n", space, weather,
               100 * share / searches, 100 * mean / searches, 100 * most,
               100 * fixed_mean / searches, 100 * fixed_most);
}

// Deviations from the median of their own record, in the order in which they were measured.
std::vector<double> deviations(const std::string& path) {
    std::vector<double> all;
    (void)replay::walk_records(
        replay::read_file(path).text, path,
        [&](const replay::RecordWalk&, const std::string&, const replay::Json& record) {
            Samples samples;
            for (const auto& time : record.at("times"))
                samples.picoseconds.push_back(std::llround(time.get<double>() * 1e9));
            const auto median = static_cast<double>(summarise(samples).median_ps);
            for (const std::int64_t ps : samples.picoseconds)
                all.push_back(static_cast<double>(ps) / median);
        });
    return all;
}

} // namespace

int main(int argc, char** argv) {
    std::vector<double> noise;
    std::vector<std::string> spaces;
    try {
        for (int i = 1; i < argc; ++i) {
            const std::string path = argv[i];
            if (path.find("noise_") == std::string::npos)
                spaces.push_back(path);
            else
                noise = deviations(path);
        }
        fmt::print("{:28} {:12} {:>7}  {:>17}   {:>17}\n", "space", "noise", "of 32",
                   "regret mean, max", "of 32: mean, max");
        for (const std::string& path : spaces) {
            const replay::RecordedSpace space = replay::read_recorded_space(path);
            std::vector<double> times;
            for (const replay::RecordedTrial& trial : space.trials)
                if (const auto value = trial.value(replay::Objective::time))
                    times.push_back(*value * 1e3);
            for (const Weather& weather : weathers)
                report(space.name, weather.name, times, [&](int search) -> test::TimedRun {
                    const auto machine = std::make_shared<test::SimulatedMachine>(
                        static_cast<std::uint64_t>(search) + 1000, weather.manners);
                    return [machine](double ps) { return machine->sample(ps); };
                });
            if (noise.empty()) continue;
            report(space.name, "recorded", times, [&](int search) -> test::TimedRun {
                std::size_t at = static_cast<std::size_t>(search) * 317;
                return [&noise, at](double ps) mutable {
                    return std::llround(ps * noise[at++ % noise.size()]);
                };
            });
        }
    } catch (const Error& error) {
        fmt::print(stderr, "bench_racing: {}\n", error.what());
        return exit_code(error.code());
    }
    return 0;
}
