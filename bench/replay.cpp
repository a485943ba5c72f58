// Reading a recorded space and replaying a search on it a hundred times: bench_replay [SPACE
// [SEARCH]]

#include "lib/replay/replay.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>

using namespace hone;
using namespace hone::replay;

namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print("bench_replay SPACE [SEARCH]: SPACE is a recorded space\n");
        return 0;
    }
    const std::string path = argv[1];
    const std::string search = argc > 2 ? argv[2] : "random";
    try {
        static constexpr std::array kinds = {PluginKind::search};
        const Registry registry(Options::from_env(), kinds);
        auto begin = std::chrono::steady_clock::now();
        const RecordedSpace space = read_recorded_space(path);
        fmt::print("read {}: {} configs in {:.2f} s\n", space.name, space.trials.size(),
                   seconds_since(begin));
        const ReplayOptions options{.repeats = 100, .seed = 1};
        begin = std::chrono::steady_clock::now();
        const Yardstick yardstick(space, options.objective);
        const auto repeats = replay_search(registry, search, space, yardstick, 1, options);
        fmt::print("{} replays of {} in {:.2f} s\n", options.repeats, search, seconds_since(begin));
        begin = std::chrono::steady_clock::now();
        const ReplayResult result = judge(space.name, search, yardstick, repeats, 1, 1);
        fmt::print("score {:.3f} [{:.3f}, {:.3f}] in {:.2f} s\n", result.score.value,
                   result.score.low, result.score.high, seconds_since(begin));
    } catch (const Error& error) {
        fmt::print(stderr, "bench_replay: {}\n", error.what());
        return exit_code(error.code());
    }
    return 0;
}
