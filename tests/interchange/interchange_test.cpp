#include "hone/device.hpp"
#include "hone/error.hpp"
#include "hone/winner.hpp"
#include "lib/interchange/foreign_facts.hpp"
#include "lib/interchange/t4_export.hpp"
#include "lib/replay/recorded_space.hpp"
#include "tests/catch.hpp"
#include "tests/folder.hpp"
#include "tests/replay/recorded.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

using namespace hone;

namespace {

const std::string wisdom =
    R"({"version": "1.0", "key": "vector_add", "objective": "time", "tunable_parameters": ["block", "unroll"]}
{"config": [128, true], "time": 0.5, "problem_size": [1000, 2], "environment": {"device_name": "Some GPU"}}

{"config": [64], "time": 0.7}
{"config": [256, false], "time": 0.25, "problem_size": [1000, 2], "environment": {"device_name": "Other"}}
)";

Fact measured(const std::string& config, std::uint64_t median_ps, Stage stage = Stage::final,
              Outcome outcome = Outcome::ok) {
    Fact fact;
    fact.problem = "gemm m=1";
    fact.family = "some_family";
    fact.device = "d";
    fact.config = config;
    fact.stage = stage;
    fact.outcome = outcome;
    if (outcome == Outcome::ok) {
        fact.time.count = 9;
        fact.time.median_ps = median_ps;
    }
    fact.unix_time = 1'700'000'000;
    return fact;
}

} // namespace

TEST_CASE("a cache file becomes facts that are marked and cannot win", "[interchange]") {
    const test::Folder folder;
    const std::string file =
        folder.file("k.json", test::cache_text({{1, 1, "2.5", ", \"nvml_energy\": 3"},
                                                {2, 1, "\"CompilationFailedConfig\""}}));
    const ForeignFacts read = read_foreign_facts(file, {});
    CHECK(read.form == "Kernel Tuner cache");
    REQUIRE(read.facts.size() == 2);
    const Fact& fact = read.facts[0];
    CHECK(fact.origin == Origin::imported);
    CHECK(fact.config == "a=1 b=1");
    CHECK(fact.outcome == Outcome::ok);
    CHECK(fact.time.median_ps == 2'500'000'000);
    CHECK(fact.energy_uj == 3'000'000);
    CHECK(fact.problem == "imported kernel=K size=unknown");
    CHECK(parse_device_model(fact.device).name == "D");
    CHECK(read.facts[1].outcome == Outcome::compile_failed);
    CHECK_FALSE(winner(read.facts, Contract{}).winner);

    // Again, and under hone's own names.
    CHECK(read_foreign_facts(file, {}).facts == read.facts);
    const Fact named = read_foreign_facts(file, {"gemm m=1", "some_family", "d"}).facts[0];
    CHECK(named.problem == "gemm m=1");
    CHECK(named.family == "some_family");
    CHECK(named.device == "d");
    const Decoded decoded = decode(encode(named));
    REQUIRE(decoded.fact);
    CHECK(*decoded.fact == named);
}

TEST_CASE("wisdom becomes facts, line by line", "[interchange]") {
    const test::Folder folder;
    const ForeignFacts read = read_foreign_facts(folder.file("v.wisdom", wisdom), {});
    CHECK(read.form == "Kernel Launcher wisdom");
    REQUIRE(read.facts.size() == 2);
    CHECK(read.facts[0].config == "block=128 unroll=true");
    CHECK(read.facts[0].problem == "imported kernel=vector_add size=1000x2");
    CHECK(read.facts[0].time.median_ps == 500'000'000);
    CHECK(parse_device_model(read.facts[1].device).name == "Other");
    REQUIRE(read.warnings.size() == 1);
    CHECK_THAT(read.warnings[0], Catch::Matchers::Contains("v.wisdom:4: \"config\" has 1 values"));
}

TEST_CASE("a file of no known form is refused with the place", "[interchange]") {
    const test::Folder folder;
    CHECK_THROWS_AS(read_foreign_facts(folder.file("x.json", "{\"a\": 1}"), {}), Error);
    CHECK_THROWS_AS(read_foreign_facts(folder.file("y.json", "{"), {}), Error);
    CHECK(names_foreign_file("a/b.json.gz"));
    CHECK_FALSE(names_foreign_file("a/b.pack"));
}

// github.com/AutoTuningAssociation/autotuning_methodology, schemas/T4.json: what it requires of
// each result, and the values that it allows.
TEST_CASE("exported T4 has what the published schema requires", "[interchange]") {
    const std::set<std::string> invalidities = {"timeout",     "compile",     "runtime",
                                                "correctness", "constraints", "correct"};
    std::vector<Fact> facts = {measured("a=1 t=x", 4000)};
    for (int outcome = 0; outcome < outcome_count; ++outcome)
        facts.push_back(measured("a=" + std::to_string(outcome + 2) + " t=x", 5000, Stage::screen,
                                 static_cast<Outcome>(outcome)));
    const std::vector<T4File> files = t4_files(facts);
    REQUIRE(files.size() == 1);
    const auto& json = files[0].json;
    CHECK(json.at("schema_version") == "1.0.0");
    CHECK(json.at("metadata").at("timeunit") == "nanoseconds");
    CHECK(json.at("results").size() == facts.size());
    for (const auto& result : json.at("results")) {
        CHECK(result.at("configuration").is_object());
        CHECK(result.at("configuration").at("a").is_number_integer());
        CHECK(result.at("times").at("runtimes").is_array());
        CHECK(invalidities.contains(result.at("invalidity").get<std::string>()));
        CHECK(result.at("correctness") == (result.at("invalidity") == "correct" ? 1 : 0));
        for (const auto& measurement : result.at("measurements")) {
            CHECK(measurement.at("name").is_string());
            CHECK(measurement.at("unit").is_string());
            CHECK(measurement.contains("value"));
        }
    }
    CHECK(json.at("results")[0].at("timestamp") == "2023-11-14T22:13:20Z");
}

TEST_CASE("what was exported reads back as the same space", "[interchange]") {
    const std::vector<Fact> facts = {measured("a=1", 4000), measured("a=1", 3000, Stage::screen),
                                     measured("a=2", 6000, Stage::race),
                                     measured("a=4", 0, Stage::screen, Outcome::crash)};
    const replay::RecordedSpace space =
        replay::parse_recorded_space(t4_files(facts).at(0).json.dump(), "f");
    REQUIRE(space.trials.size() == 3);
    CHECK(space.trials[0].value(replay::Objective::time) == Approx(4)); // the final, in ns
    CHECK(space.trials[1].value(replay::Objective::time) == Approx(6));
    CHECK(space.trials[2].outcome == Outcome::launch_failed);
}

TEST_CASE("imported facts are not exported as hone's own", "[interchange]") {
    Fact fact = measured("a=1", 4000);
    fact.origin = Origin::imported;
    CHECK(t4_files(std::vector{fact}).empty());
}
