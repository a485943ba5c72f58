// What programs read on stdout: members of each document, and that stdout may end early.
#include "tests/catch.hpp"
#include "tests/cli/tool.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <unistd.h>
#include <vector>

using nlohmann::json;
using tool::Arguments;
using tool::problem;
using tool::Result;
using tool::Tool;

namespace {

void require_members(const json& object, const std::vector<std::string>& members) {
    for (const std::string& member : members) {
        INFO(member << " in " << object.dump().substr(0, 400));
        CHECK(object.contains(member));
    }
}

bool is_whole_or_null(const json& value) { return value.is_number_unsigned() || value.is_null(); }

} // namespace

TEST_CASE("the documents of tune, bench and verify have the members that are promised", "[cli]") {
    const Tool hone;
    const Result tuned = hone({"tune", problem, "--device", "fake", "--budget", "6t", "--family",
                               "fake_plain", "--family", "fake_vendor", "--format", "json"});
    INFO(tuned.err);
    REQUIRE(tuned.code == 0);
    CHECK(tuned.json()["schema"] == "hone.tune/1");
    const json tune = tuned.json()["results"].at(0);
    require_members(tune, {"problem", "device", "family", "config", "median_ns", "low_ns",
                           "high_ns", "fallback_ns", "gflops", "kernel_error", "total_error",
                           "trials", "failed", "seconds"});
    CHECK(tune["config"].is_object());
    CHECK(tune["failed"].is_object());
    for (const char* time : {"median_ns", "low_ns", "high_ns", "fallback_ns"})
        CHECK(is_whole_or_null(tune[time]));
    CHECK(tune["trials"] <= 6);

    const Result benched =
        hone({"bench", problem, "--device", "fake", "--seconds", "0.5", "--format", "json"});
    REQUIRE(benched.code == 0);
    CHECK(benched.json()["schema"] == "hone.bench/1");
    require_members(benched.json(), {"results", "geomean", "min", "losses"});
    const json bench = benched.json()["results"].at(0);
    require_members(bench, {"problem", "phase", "device", "winner_ns", "winner_low_ns",
                            "winner_high_ns", "winner_family", "fallback_ns", "vendors",
                            "best_vendor", "ratio", "ratio_low", "served"});
    REQUIRE(!bench["vendors"].empty());
    require_members(bench["vendors"].at(0), {"name", "median_ns"});

    const Result verified =
        hone({"verify", problem, "--device", "fake", "--sample", "40", "--family", "fake_gemm",
              "--run-seconds", "0.5", "--compile-seconds", "0.5", "--format", "json"});
    CHECK(verified.code == 6);
    const json verify = verified.json();
    CHECK(verify["schema"] == "hone.verify/1");
    CHECK(verify["failed"] > 0);
    bool reported = false;
    for (const json& result : verify["results"]) {
        require_members(result, {"problem", "device", "family", "config", "outcome", "kernel_error",
                                 "total_error", "reports"});
        for (const json& report : result["reports"]) {
            require_members(report, {"rule", "message", "file", "line", "count"});
            reported = true;
        }
    }
    CHECK(reported);
}

TEST_CASE("show prints a command that measures the winner's fact again", "[cli]") {
    const Tool hone;
    const std::string store = "sqlite:" + (hone.folder() / "a.sqlite").string();
    REQUIRE(hone({"tune", problem, "--device", "fake", "--budget", "6t", "--family", "fake_plain",
                  "--store", store})
                .code == 0);
    const Arguments show = {"show", problem, "--device", "fake", "--store", store};
    Arguments as_json = show, as_command = show;
    as_json.insert(as_json.end(), {"--format", "json"});
    as_command.emplace_back("--command");
    const json shown = hone(as_json).json();
    const std::string id = shown["fact"].get<std::string>().substr(0, 16);
    CHECK(hone(as_command).out ==
          "hone bench --fact " + id + " --device fake:0 --store '" + store + "'\n");

    const Result again = hone({"bench", "--fact", id, "--device", "fake", "--store", store,
                               "--seconds", "0.5", "--format", "json"});
    INFO(again.err);
    REQUIRE(again.code == 0);
    CHECK(again.json()["schema"] == "hone.rerun/1");
    CHECK(again.json()["config"] == shown["winner"]["config"]);
    CHECK(again.json()["then"]["median_ns"] == shown["winner"]["median_ns"]);
    CHECK(again.json()["now"]["outcome"] == "ok");
    CHECK(again.json()["change"].is_number());

    const std::vector<std::pair<Arguments, std::string>> wrong = {
        {{"bench", "--fact", "0123"}, "at least 8 digits"},
        {{"bench", "--fact", "0123456789"}, "no such fact"},
        {{"bench", "--fact", "0123456789", problem}, "give no other one"},
        {{"bench"}, "--fact ID"},
    };
    for (const auto& [arguments, said] : wrong) {
        const Result result = hone(arguments);
        INFO(result.err);
        CHECK(result.code == 2);
        CHECK(result.err.find(said) != std::string::npos);
    }
}

TEST_CASE("a reader that closes stdout ends the output and is no failure", "[cli]") {
    const Tool hone;
    for (const char* format : {"table", "json"}) {
        int ends[2] = {};
        REQUIRE(pipe(ends) == 0);
        close(ends[0]);
        const pid_t child = hone.start({"list", "operations", "--format", format}, {}, ends[1]);
        close(ends[1]);
        const Result result = hone.finish(child);
        INFO(result.err);
        CHECK(result.code == 0);
        CHECK(result.err.empty());
    }
}

TEST_CASE("an unknown name is answered once with what there is", "[cli]") {
    const Result far = Tool()({"tune", problem, "--device", "fake", "--search", "nope"});
    CHECK(far.code == 4);
    CHECK(far.err.find("random") != std::string::npos);
    CHECK(far.err.find("random") == far.err.rfind("random"));
    const Result near = Tool()({"tune", problem, "--device", "fake", "--search", "randon"});
    CHECK(near.err.find("did you mean random?") != std::string::npos);
}
