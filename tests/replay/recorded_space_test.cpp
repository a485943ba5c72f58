#include "hone/error.hpp"
#include "lib/replay/recorded_space.hpp"
#include "tests/catch.hpp"
#include "tests/replay/recorded.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

using namespace hone;
using namespace hone::replay;
using hone::test::cache_text;

namespace {

std::string error_of(const std::string& text) {
    try {
        (void)parse_recorded_space(text, "f.json");
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

const std::string t4_text = R"({"schema_version": "1.0.0", "results": [
 {"configuration": {"a": 2, "b": 1}, "times": {"compilation": 600, "validation": 0, "framework": 100,
  "search_algorithm": 0, "runtimes": [150, 150]}, "invalidity": "correct", "correctness": 1,
  "measurements": [{"name": "time", "value": 5.5, "unit": "ms"}], "objectives": ["time"]},
 {"configuration": {"a": 1, "b": 1}, "times": {"compilation": 700}, "invalidity": "compile",
  "correctness": 0, "measurements": [{"name": "time", "value": "CompilationFailedConfig"}]}]})";

} // namespace

TEST_CASE("exactly the configurations of a cache file are legal, with what became of them",
          "[replay]") {
    const RecordedSpace space =
        parse_recorded_space(cache_text({{4, 1, "2.5", ", \"times\": [2, 3], \"nvml_energy\": 8"},
                                         {1, 2, "\"CompilationFailedConfig\""},
                                         {16, 1, "1e20"},
                                         {4, 2, "7"}}),
                             "folder/some.json.gz");
    CHECK(space.name == "some");
    CHECK(space.device == "D");
    CHECK(space.kernel == "K");
    CHECK(space.warnings.empty());
    REQUIRE(space.space.legal_count() == 4);
    REQUIRE(space.space.parameters().size() == 2);
    CHECK(space.space.parameters()[0].values ==
          std::vector<Value>{std::int64_t{1}, std::int64_t{4}, std::int64_t{16}});
    const auto at = [&](std::int64_t a, std::int64_t b) {
        return space.space.find({{"a", a}, {"b", b}}).value();
    };
    CHECK(space.space.legal(at(4, 1)));
    CHECK_FALSE(space.space.legal(at(1, 1)));
    CHECK_FALSE(space.space.broken_constraint(at(1, 1)).empty());
    const RecordedTrial& fast = space.trial(at(4, 1));
    CHECK(fast.outcome == Outcome::ok);
    CHECK(fast.value(Objective::time) == 2.5e6);
    CHECK(fast.value(Objective::energy) == 8);
    CHECK(fast.value(Objective::edp) == 8 * 2.5e6);
    CHECK(fast.samples == 2);
    CHECK(fast.cost_s == Approx(1));
    CHECK(space.trial(at(1, 2)).outcome == Outcome::compile_failed);
    CHECK(space.trial(at(16, 1)).outcome == Outcome::launch_failed);
    CHECK_FALSE(space.trial(at(16, 1)).value(Objective::time));
    CHECK_FALSE(space.trial(at(4, 2)).value(Objective::energy));
}

TEST_CASE("a T4 file says the same as a cache file", "[replay]") {
    const RecordedSpace space = parse_recorded_space(t4_text, "f");
    REQUIRE(space.space.legal_count() == 2);
    const auto ok = space.space.find({{"a", std::int64_t{2}}, {"b", std::int64_t{1}}});
    const auto failed = space.space.find({{"a", std::int64_t{1}}, {"b", std::int64_t{1}}});
    CHECK(space.trial(ok.value()).value(Objective::time) == 5.5e6);
    CHECK(space.trial(ok.value()).cost_s == Approx(1));
    CHECK(space.trial(ok.value()).samples == 2);
    CHECK(space.trial(failed.value()).outcome == Outcome::compile_failed);
    CHECK(space.trial(failed.value()).cost_s == Approx(0.7));
}

TEST_CASE("the unit of a T4 file's times is what its metadata say, wherever they stand",
          "[replay]") {
    const std::string unit = R"("metadata": {"timeunit": "microseconds"})";
    for (const bool behind : {false, true}) {
        std::string text = t4_text;
        text.insert(behind ? text.rfind('}') : 1, behind ? ", " + unit : unit + ", ");
        const RecordedSpace space = parse_recorded_space(text, "f");
        CHECK(space.trials.at(1).value(Objective::time) == Approx(5.5e3));
        CHECK(space.trials.at(1).cost_s == Approx(1e-3));
    }
}

TEST_CASE("values of every JSON type can stand in a config", "[replay]") {
    const RecordedSpace space = parse_recorded_space(
        R"({"tune_params_keys": ["i", "r", "t", "l"], "cache": {
 "1": {"i": 2.0, "r": 0.5, "t": "float 4=x", "l": true, "time": 1},
 "2": {"i": 10, "r": 3, "t": "", "l": false, "time": 2}}})",
        "f");
    std::set<std::string> texts;
    for (const ConfigIndex point : space.points)
        texts.insert(space.space.config(point).canonical_text());
    CHECK(texts == std::set<std::string>{"i=2 l=true r=0.5 t=float_4_x", "i=10 l=false r=3.0 t=_"});
    CHECK(space.space.parameters()[0].ordinal);
    CHECK_FALSE(space.space.parameters()[2].ordinal);
    REQUIRE(space.warnings.size() == 1); // no costs
    CHECK(space.trials[0].cost_s == 1);
}

TEST_CASE("what is no number counts as not measured, as Python writes it too", "[replay]") {
    std::vector<test::CacheRecord> records = {{1, 1, "2", ", \"framework_time\": NaN"},
                                              {2, 1, "1", ", \"nvml_energy\": -Infinity"},
                                              {3, 1, "null", ", \"verification_time\": null"},
                                              {4, 1, "0"},
                                              {5, 1, "-1"}};
    for (const char* time : {"NaN", "Infinity", "-Infinity", "\"InvalidConfig\"", "1e300"})
        records.push_back({static_cast<int>(records.size()) + 1, 1, time});
    const RecordedSpace space = parse_recorded_space(cache_text(records) + "\n", "f", false);
    REQUIRE(space.trials.size() == records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        CAPTURE(i);
        CHECK(space.trials[i].value(Objective::time).has_value() == (i < 2));
        CHECK_FALSE(space.trials[i].value(Objective::energy));
        CHECK(space.trials[i].cost_s == Approx(1));
    }
    // Where the text goes wrong is told as it stands in the file.
    CHECK_THAT(error_of("{\"a\": NaN, \"b\": \"NaN \\\" NaN\", \"c\": Nan}"),
               Catch::Matchers::Contains("f.json:1:36"));
}

TEST_CASE("a mean that is missing is the mean of its repetitions", "[replay]") {
    const RecordedSpace space = parse_recorded_space(
        R"({"tune_params_keys": ["a"], "cache": {"1": {"a": 1, "times": [2, 4, null]}}})", "f");
    CHECK(space.trials.at(0).time_ms == 3);
}

TEST_CASE("parameters may be named behind the configurations", "[replay]") {
    const RecordedSpace space = parse_recorded_space(
        R"({"cache": {"1,2": {"a": 1, "b": 2, "time": 3, "compile_time": 1}},
            "tune_params_keys": ["b", "a"]})",
        "f");
    CHECK(space.trials.size() == 1);
    CHECK(space.space.parameters()[0].name == "b");
}

TEST_CASE("of a configuration listed twice the first counts", "[replay]") {
    const RecordedSpace space = parse_recorded_space(cache_text({{1, 1, "4"}, {1, 1, "3"}}), "f");
    CHECK(space.trials.size() == 1);
    CHECK(space.trials[0].time_ms == 4);
    CHECK(space.warnings.size() == 1);
}

TEST_CASE("a text cut anywhere gives its whole records or an error with a place", "[replay]") {
    const std::string text =
        cache_text({{1, 1, "12.5"}, {2, 1, "\"RuntimeFailedConfig\""}, {3, 1, "1e3"}});
    const std::size_t first_record = text.find("\"1,1\"");
    std::set<std::size_t> counts;
    for (std::size_t length = 0; length < text.size() - 1; ++length) {
        INFO("length " << length);
        try {
            const RecordedSpace space = parse_recorded_space(text.substr(0, length), "f");
            counts.insert(space.trials.size());
            // Only the braces that close the document may lack without a record being lost.
            CHECK(space.warnings.size() == 1);
        } catch (const Error& error) {
            CHECK(length < text.find("},", first_record) + 1);
            CHECK(std::string(error.what()).find("f") == 0);
            CHECK(error.code() == Errc::workload);
        }
    }
    CHECK(counts == std::set<std::size_t>{1, 2, 3});
}

TEST_CASE("a file that is no recorded space is refused with the place", "[replay]") {
    struct Row {
        std::string text, part;
    };
    for (const Row& row : std::vector<Row>{
             {"", "f.json:1:1"},
             {"[1, 2]", "f.json:1:1"},
             {"{\"a\": 1}", "no recorded configurations"},
             {"{\n\"cache\": {]}", "f.json:2:11"},
             {"{\"cache\": {\"x\": {\"time\": 1}}}", "tune_params_keys"},
             {cache_text({{1, 1, "3"}}).replace(100, 1, "}"), "f.json:4:"},
             {cache_text({{1, 1, "[3]"}}), "cache[\"1,1\"]: its time"},
             {cache_text({{1, 1, "3"}}) + "x", "f.json:"},
             {R"({"tune_params_keys": ["a"], "cache": {"1": {"b": 1, "time": 1}}})",
              "cache[\"1\"]: has no value of parameter a"},
             {R"({"tune_params_keys": ["a"], "cache": {"1": {"a": 1}}})",
              "cache[\"1\"]: has no member \"time\""},
             {R"({"tune_params_keys": ["a"], "cache": {"1": 5}})",
              "cache[\"1\"]: is not an object"},
             {R"({"tune_params_keys": ["a"], "cache": {}})", "no configuration"},
             {cache_text({{1, 1, "1e400"}}), "f.json:4:"},
             {R"({"tune_params_keys": ["a"], "cache": {"1": {"a": 1, "times": ["x"]}}})",
              "cache[\"1\"]: has no member \"time\""},
             {R"({"results": [{"configuration": {"a": 1}}]})", "results[0]: has no member"},
             {R"({"results": [{"configuration": {}, "measurements": []}]})", "results[0]"},
         }) {
        INFO(row.text);
        CHECK_THAT(error_of(row.text), Catch::Matchers::Contains(row.part));
    }
}

TEST_CASE("compressed and plain files are read, also when they end early", "[replay]") {
    const RecordedSpace whole = read_recorded_space(test::small_space_file());
    CHECK(whole.trials.size() == 4362);
    CHECK(whole.name == "convolution_A100");
    CHECK(whole.warnings.empty());

    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / "hone_replay_test";
    std::filesystem::create_directories(folder);
    const auto write = [&](const std::string& name, const std::string& bytes) {
        std::ofstream(folder / name, std::ios::binary) << bytes;
        return (folder / name).string();
    };
    std::ifstream file(test::small_space_file(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    const RecordedSpace half =
        read_recorded_space(write("half.json.gz", bytes.substr(0, bytes.size() / 2)));
    CHECK(half.trials.size() > 1000);
    CHECK(half.trials.size() < 4362);
    CHECK(half.warnings.size() == 1);

    std::string damaged = bytes;
    for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 64; ++i) damaged[i] = '\xff';
    CHECK_THROWS_AS(read_recorded_space(write("damaged.json.gz", damaged)), Error);
    CHECK(read_recorded_space(write("plain.json", cache_text({{1, 1, "2"}}))).trials.size() == 1);
    CHECK_THROWS_AS(read_recorded_space((folder / "absent.json").string()), Error);
    CHECK_THROWS_AS(read_recorded_space(folder.string()), Error);
    std::filesystem::remove_all(folder);
}
