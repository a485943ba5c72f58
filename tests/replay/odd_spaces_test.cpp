// Recorded spaces unlike those that settings were chosen on.
#include "lib/replay/replay.hpp"
#include "tests/catch.hpp"
#include "tests/replay/recorded.hpp"
#include "tests/search/plugins.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

using namespace hone;
using namespace hone::replay;
using namespace hone::test;

namespace {

// What became of the config (a, b), as JSON; empty: it is not listed.
using Record = std::function<std::string(int a, int b)>;

struct OddSpace {
    std::string name;
    int side; // a and b go from 0 to side - 1
    Record time;
};

std::string smooth(int a, int b) {
    return fmt::format("{}", 1 + 0.1 * (a - 5) * (a - 5) + 0.2 * b);
}
// Neither a nor b alone tells what comes of them.
int mixed(int a, int b) { return (a * 7919 + b * 104729) % 1009; }

const std::vector<OddSpace> odd_spaces = {
    {"one config", 1, smooth},
    {"two configs", 2, [](int a, int b) { return a == b ? smooth(a, b) : std::string(); }},
    {"nine configs", 3, smooth},
    {"conditional", 12, [](int a, int b) { return a % 2 == 1 || b == 0 ? smooth(a, b) : ""; }},
    {"a diagonal that no change of one parameter walks", 40,
     [](int a, int b) { return a == b ? smooth(a, b) : std::string(); }},
    {"nine of ten fail", 16,
     [](int a, int b) { return mixed(a, b) % 10 == 0 ? smooth(a, b) : "\"InvalidConfig\""; }},
    {"only one works", 10, [](int a, int b) { return a == 4 && b == 7 ? "3" : "NaN"; }},
    {"all alike", 8, [](int, int) { return "2.5"; }},
    {"alike but for rounding", 8,
     [](int a, int b) { return fmt::format("{}", 2.5 * (1 + 1e-12 * mixed(a, b))); }},
    {"two levels", 8, [](int a, int b) { return mixed(a, b) % 2 == 0 ? "2.5" : "5"; }},
    {"twelve orders of magnitude", 10,
     [](int a, int b) { return fmt::format("{}", std::pow(10.0, a + 0.2 * b - 6)); }},
    {"infinite, missing and negative times", 10,
     [](int a, int b) {
         const char* const odd[] = {"NaN", "Infinity", "null", "-1", "0", "1e30"};
         return mixed(a, b) % 3 == 0 ? odd[mixed(a, b) % 6] : smooth(a, b);
     }},
};

RecordedSpace recorded(const OddSpace& odd) {
    std::vector<CacheRecord> records;
    for (int a = 0; a < odd.side; ++a)
        for (int b = 0; b < odd.side; ++b)
            if (const std::string time = odd.time(a, b); !time.empty())
                records.push_back({a, b, time});
    return parse_recorded_space(cache_text(records), odd.name);
}

} // namespace

TEST_CASE("every search replays on odd spaces, to the end of them", "[replay]") {
    for (const OddSpace& odd : odd_spaces) {
        const RecordedSpace space = recorded(odd);
        const Yardstick yardstick(space, Objective::time);
        for (const auto& search : search_plugins().searches()) {
            for (const std::size_t batch : {1, 5}) {
                CAPTURE(odd.name, search.name, batch);
                const ReplayOptions options{.repeats = 2, .seed = 1, .jobs = 1};
                const auto repeats =
                    replay_search(search_plugins(), search.name, space, yardstick, batch, options);
                for (const Trajectory& repeat : repeats) {
                    CHECK(repeat.size() == std::min<std::size_t>(400, space.trials.size()));
                    CHECK(repeat.back().best == yardstick.optimum());
                }
                const ReplayResult result =
                    judge(space.name, search.name, yardstick, repeats, batch, 1);
                CHECK(std::isfinite(result.score.value));
                CHECK(std::isfinite(result.published.value));
                CHECK(result.score.value <= 1);
                CHECK(result.score.low <= result.score.high);
            }
        }
    }
}

TEST_CASE("the default search is no worse than random on odd spaces", "[replay]") {
    for (const OddSpace& odd : odd_spaces) {
        // Where all are alike, or nothing tells what works, no search is better than another.
        if (odd.side == 1 || odd.name == "nine of ten fail") continue;
        const RecordedSpace space = recorded(odd);
        const Yardstick yardstick(space, Objective::time);
        const ReplayOptions options{.repeats = 30, .seed = 1, .jobs = 1};
        const auto score_of = [&](const std::string& search) {
            const auto repeats =
                replay_search(search_plugins(), search, space, yardstick, 1, options);
            return judge(space.name, search, yardstick, repeats, 1, 1).score;
        };
        const Score score = score_of("portfolio"), random = score_of("random");
        INFO(odd.name << ": " << score.value << " [" << score.low << ", " << score.high
                      << "], random " << random.value << " [" << random.low << ", " << random.high
                      << "]");
        CHECK(score.high >= random.low);
    }
}
