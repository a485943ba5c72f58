#include "hone/error.hpp"
#include "lib/replay/replay.hpp"
#include "tests/catch.hpp"
#include "tests/replay/recorded.hpp"
#include "tests/search/plugins.hpp"
#include "tests/seed.hpp"

#include <cmath>
#include <filesystem>

using namespace hone;
using namespace hone::replay;
using hone::test::search_plugins;

namespace {

ReplayResult replay_random(const RecordedSpace& space, const ReplayOptions& options,
                           std::size_t batch = 1) {
    const Yardstick yardstick(space, options.objective);
    const auto repeats =
        replay_search(search_plugins(), "random", space, yardstick, batch, options);
    return judge(space.name, "random", yardstick, repeats, batch, options.seed);
}

// Proposes what it is told to.
class Scripted final : public Strategy {
  public:
    explicit Scripted(std::vector<std::vector<ConfigIndex>> script) : script_(std::move(script)) {}
    void begin(const SearchTask&) override {}
    std::vector<ConfigIndex> ask(std::size_t, std::span<const ConfigIndex>) override {
        return next_ < script_.size() ? script_[next_++] : std::vector<ConfigIndex>{};
    }
    void tell(const Observation& observation) override { told.push_back(observation); }
    std::vector<Observation> told;

  private:
    std::vector<std::vector<ConfigIndex>> script_;
    std::size_t next_ = 0;
};

} // namespace

TEST_CASE("a search is told what was recorded, and pays for it", "[replay]") {
    const RecordedSpace space = parse_recorded_space(
        test::cache_text({{1, 1, "4"}, {2, 1, "\"CompilationFailedConfig\""}, {3, 1, "2"}}), "f");
    Scripted strategy({{space.points[1]}, {space.points[0], space.points[2]}});
    const Trajectory made =
        run_search(strategy, space, Objective::time, {}, 2, {.seconds = 10, .evaluations = 10});
    REQUIRE(made.size() == 3);
    CHECK(std::isinf(made[0].best));
    CHECK(made[1].best == 4e6);
    CHECK(made[2].best == 2e6);
    CHECK(made[2].elapsed_s == Approx(3));
    REQUIRE(strategy.told.size() == 3);
    CHECK(strategy.told[0].outcome == Outcome::compile_failed);
    CHECK(strategy.told[1].value == 4e6);
}

TEST_CASE("proposals that break the rules of a strategy are refused", "[replay]") {
    const RecordedSpace space =
        parse_recorded_space(test::cache_text({{1, 1, "4"}, {2, 2, "3"}}), "f");
    const auto run = [&](std::vector<std::vector<ConfigIndex>> script) {
        Scripted strategy(std::move(script));
        return run_search(strategy, space, Objective::time, {}, 1,
                          {.seconds = 1, .evaluations = 9});
    };
    const ConfigIndex not_listed =
        space.space.find({{"a", std::int64_t{1}}, {"b", std::int64_t{2}}}).value();
    CHECK_THROWS_AS(run({{not_listed}}), Error);
    CHECK_THROWS_AS(run({{space.points[0]}, {space.points[0]}}), Error);
    CHECK_THROWS_AS(run({{space.points[0], space.points[1]}}), Error);
}

TEST_CASE("results depend on the seed and on nothing else", "[replay]") {
    const RecordedSpace space = read_recorded_space(test::small_space_file());
    const auto with = [&](std::uint64_t seed, int jobs) {
        return replay_random(space, {.repeats = 6, .seed = seed, .jobs = jobs});
    };
    const ReplayResult one = with(test::seed(), 1), three = with(test::seed(), 3);
    CHECK(one.score.value == three.score.value);
    CHECK(one.bootstrap == three.bootstrap);
    CHECK(one.evaluations_to_95 == three.evaluations_to_95);
    for (std::size_t k = 0; k < reported_evaluations.size(); ++k)
        CHECK(one.percent_of_optimum[k].p10 == three.percent_of_optimum[k].p10);
    CHECK(with(test::seed() + 1, 1).score.value != one.score.value);
}

TEST_CASE("a replayed random search scores 0", "[replay]") {
    const RecordedSpace space = read_recorded_space(test::small_space_file());
    const ReplayResult result = replay_random(space, {.repeats = 100, .seed = 1});
    CHECK(std::abs(result.score.value) < 0.1);
    CHECK(result.score.low <= result.score.value);
    CHECK(result.score.high >= result.score.value);
    // Random search does not learn, so asking for several at once changes little.
    CHECK(std::abs(replay_random(space, {.repeats = 100, .seed = 2}, 8).score.value) < 0.1);
}

TEST_CASE("a replayed random search scores 0 on every recorded space, and in the mean",
          "[replay]") {
    const std::string folder = test::spaces_folder();
    if (folder.empty()) HONE_SKIP("HONE_SPACES names no folder of recorded spaces");
    double sum = 0, count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string path = entry.path().string();
        const bool same_again = path.find("_T4.") != std::string::npos;
        const bool one_config = path.find("noise_") != std::string::npos;
        if (!entry.is_regular_file() || path.find(".json.gz") == std::string::npos || same_again ||
            one_config)
            continue;
        const RecordedSpace space = read_recorded_space(path);
        if (!space.warnings.empty()) continue; // what is left of a truncated one is no random part
        const ReplayResult result = replay_random(space, {.repeats = 300, .seed = test::seed()});
        INFO(path);
        CHECK(std::abs(result.score.value) < 0.1);
        sum += result.score.value;
        ++count;
    }
    REQUIRE(count > 0);
    CHECK(std::abs(sum / count) < 0.03);
}
