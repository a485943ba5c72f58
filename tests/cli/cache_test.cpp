// hone cache: stores, packs and plans as a user moves them.
#include "tests/catch.hpp"
#include "tests/cli/tool.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using nlohmann::json;
using tool::Arguments;
using tool::problem;
using tool::Result;
using tool::text_of;
using tool::Tool;

namespace {

Result tune(const Tool& hone, const Arguments& more = {}) {
    Arguments arguments = {"tune",     problem, "--device", "fake",   "--family", "fake_plain",
                           "--budget", "6t",    "--search", "random", "--format", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return hone(arguments);
}

json run(const Tool& hone, Arguments arguments, int code = 0) {
    arguments.insert(arguments.end(), {"--format", "json"});
    const Result result = hone(arguments);
    INFO(result.err);
    REQUIRE(result.code == code);
    return result.json();
}

} // namespace

TEST_CASE("records are pushed to a shared folder and pulled from it", "[cli]") {
    const Tool here, there;
    REQUIRE(tune(here).code == 0);
    const std::string shared = "dir:" + (here.folder() / "shared").string();
    const json pushed = run(here, {"cache", "push", shared});
    CHECK(pushed["schema"] == "hone.cache.push/1");
    const auto added = pushed["results"][0]["added"].get<int>();
    CHECK(added > 0);
    CHECK(run(here, {"cache", "push", shared})["results"][0]["added"] == 0);

    CHECK(there({"cache", "pull", "dir:" + (here.folder() / "mistyped").string()}).code == 4);
    CHECK_FALSE(fs::exists(here.folder() / "mistyped"));
    CHECK(run(there, {"cache", "pull", shared})["results"][0]["added"] == added);
    const Arguments show = {"show", problem, "--device", "fake"};
    const json winner = run(here, show)["winner"];
    CHECK(run(there, show)["winner"] == winner);
    // A store that is named is read, and written, where it is.
    Arguments at_shared = show;
    at_shared.insert(at_shared.end(), {"--store", shared});
    const json shown = run(Tool(), at_shared);
    CHECK(shown["winner"] == winner);
    CHECK(shown["tier"] == shared);
    CHECK(tune(there, {"--store", shared, "--fresh"}).code == 0);
}

TEST_CASE("two stores are compared by records and winners", "[cli]") {
    const Tool one, other;
    REQUIRE(tune(one).code == 0);
    const std::string pack = (one.folder() / "all.pack").string();
    REQUIRE(one({"cache", "export", pack}).code == 0);
    const std::string store = "sqlite:" + (one.store_folder() / "facts.sqlite").string();
    const json same = run(one, {"cache", "diff", store, pack});
    CHECK(same["only_a"] == 0);
    CHECK(same["only_b"] == 0);
    CHECK(same["both"] > 0);
    CHECK(same["results"].empty());

    REQUIRE(tune(other, {"--seed", "5"}).code == 0);
    const json unlike = run(one, {"cache", "diff", store, other.store_folder() / "facts.sqlite"});
    CHECK(unlike["only_a"] == same["both"]);
    CHECK(unlike["only_b"] > 0);
    CHECK(one({"cache", "diff", store}).code == 2);
    CHECK(one({"cache", "diff", store, "missing.pack"}).code == 3);
}

TEST_CASE("prune retracts what it is told, says so before, and export leaves it out", "[cli]") {
    const Tool hone;
    REQUIRE(tune(hone).code == 0);
    const auto retracted = [](const json& document) {
        return document["results"][0]["retracted"].get<int>();
    };
    CHECK(hone({"cache", "prune"}).code == 2);
    CHECK(hone({"cache", "prune", "--older-than", "90"}).code == 2);
    CHECK(retracted(run(hone, {"cache", "prune", "--older-than", "90d"})) == 0);
    CHECK(retracted(run(hone, {"cache", "prune", "--superseded"})) == 0);
    CHECK(retracted(run(hone, {"cache", "prune", "--device", "another"})) == 0);
    const json dry = run(hone, {"cache", "prune", "--device", "fake", "--dry-run"});
    CHECK(retracted(dry) == dry["results"][0]["facts"]);
    CHECK(hone({"show", problem, "--device", "fake"}).code == 0);

    CHECK(retracted(run(hone, {"cache", "prune", "--device", "fake"})) == retracted(dry));
    CHECK(hone({"show", problem, "--device", "fake"}).code == 5);
    CHECK(retracted(run(hone, {"cache", "prune", "--device", "fake"})) == 0); // once is enough
    const std::string pack = (hone.folder() / "live.pack").string();
    CHECK(run(hone, {"cache", "export", "--live", pack})["results"][0]["records"] == 0);
}

TEST_CASE("packs are signed, and a store can require it", "[cli]") {
    const Tool hone;
    REQUIRE(tune(hone).code == 0);
    const std::string pack = (hone.folder() / "a.pack").string(),
                      key = (hone.folder() / "key").string();
    REQUIRE(hone({"cache", "export", pack}).code == 0);
    CHECK(hone({"cache", "sign", pack}).code == 2);
    CHECK(hone({"cache", "sign", pack, "--key", key}).code == 3);
    const json made = run(hone, {"cache", "sign", "--new-key", key});
    const auto shown = made["key"].get<std::string>();
    CHECK(shown.size() == 64);
    CHECK(hone({"cache", "sign", "--new-key", key}).code == 7);
    const Arguments show = {"show", problem,   "--device",
                            "fake", "--store", "pack:" + pack + "?signed=" + shown};
    CHECK(hone(show).code == 6);
    CHECK(run(hone, {"cache", "sign", pack, "--key", key})["results"][0]["signed_by"] == shown);
    CHECK(hone(show).code == 0);
    CHECK(run(hone, {"cache", "check", pack})["results"][0]["signed_by"] == shown);

    std::string signature = text_of(pack + ".sig");
    char& digit = signature[signature.size() - 3];
    digit = digit == '0' ? '1' : '0';
    std::ofstream(pack + ".sig", std::ios::trunc) << signature;
    CHECK(hone({"cache", "check", pack}).code == 6);
    CHECK(hone(show).code == 6);
}

TEST_CASE("a plan freezes winners in a file whose digest tells every change", "[cli]") {
    const Tool hone;
    const std::string file = (hone.folder() / "decode.plan").string();
    CHECK(hone({"cache", "plan", problem, "--device", "fake"}).code == 5);
    REQUIRE(tune(hone).code == 0);
    const json made = run(hone, {"cache", "plan", problem, "--device", "fake", "--out", file});
    CHECK(made["schema"] == "hone.cache.plan/1");
    REQUIRE(made["results"].size() == 1);
    CHECK(made["results"][0]["family"] == "fake_plain");
    CHECK(run(hone, {"cache", "plan", file}) == made);

    std::string text = text_of(file);
    text.replace(text.find("tile="), 6, "tile=9");
    std::ofstream(file, std::ios::trunc) << text;
    const Result changed = hone({"cache", "plan", file});
    CHECK(changed.code == 6);
    CHECK(changed.err.find("digest") != std::string::npos);
    std::ofstream(file, std::ios::trunc) << "{";
    CHECK(hone({"cache", "plan", file}).code == 3);
}
