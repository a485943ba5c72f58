// Faults of DESIGN's table, met by the whole tool on the fake device.
#include "tests/catch.hpp"
#include "tests/cli/tool.hpp"
#include "tests/paths.hpp"
#include "tests/seed.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <sys/mount.h>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <vector>

namespace fs = std::filesystem;
using hone::test::seed;
using tool::Arguments;
using tool::problem;
using tool::Result;
using tool::text_of;
using tool::Tool;
using namespace std::chrono_literals;

namespace {

Arguments tune_arguments(const std::string& budget = "12t",
                         const std::string& family = "fake_plain") {
    return {"tune",     problem, "--device",      "fake", "--family",          family,
            "--budget", budget,  "--format",      "json", "--search",          "random",
            "--jobs",   "2",     "--run-seconds", "0.5",  "--compile-seconds", "0.5"};
}

// Processes whose command line names the worker of this build, started by tools that are gone.
int workers_left() {
    int count = 0;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string command = text_of(entry.path() / "cmdline");
        if (command.find("hone-worker") == std::string::npos) continue;
        if (command.find(hone::test::binary_dir()) == std::string::npos) continue;
        // Other rooms' tests may run workers now: only orphans count.
        std::ifstream status(entry.path() / "stat");
        std::string word;
        int parent = 0;
        status >> word >> word >> word >> parent;
        count += parent == 1;
    }
    return count;
}

fs::path store_of(const Tool& hone) { return hone.store_folder() / "facts.sqlite"; }

int moved_aside(const Tool& hone) {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(hone.store_folder()))
        count += entry.path().string().find(".corrupt-") != std::string::npos;
    return count;
}

} // namespace

TEST_CASE("a tool killed at any moment leaves a sound store, and the next run resumes", "[cli]") {
    std::mt19937_64 random(seed());
    Tool hone;
    std::int64_t known = 0;
    // A busy machine may not get beyond the fallback in that time: later rounds last longer.
    for (int round = 0; round < 5 || (known < 8 && round < 15); ++round) {
        const pid_t child = hone.start(tune_arguments("400t", "fake_gemm"));
        const auto longest = 900 * static_cast<std::uint64_t>(1 + round / 5);
        std::this_thread::sleep_for(std::chrono::milliseconds(50 + random() % longest));
        kill(child, SIGKILL);
        CHECK(hone.finish(child).code == 128 + SIGKILL);
        const Result check = hone({"cache", "check", "--format", "json"});
        CAPTURE(check.err);
        CHECK(check.code == 0);
        const auto health = check.json()["results"][0];
        CHECK(health["damaged"] == 0);
        CHECK(health["good"].get<std::int64_t>() >= known); // nothing that was kept is lost
        known = health["good"];
    }
    CHECK(known > 0);
    const Result resumed = hone(tune_arguments("1t", "fake_gemm"));
    CHECK(resumed.code == 0);
    CHECK(resumed.json()["results"][0]["known"].get<std::int64_t>() > 0);
    std::this_thread::sleep_for(1s);
    CHECK(workers_left() == 0);
}

TEST_CASE("killed workers are replaced and tuning ends with a winner", "[cli]") {
    std::mt19937_64 random(seed() + 1);
    Tool hone;
    const pid_t child = hone.start(tune_arguments("60t"));
    for (int round = 0; round < 4; ++round) {
        std::this_thread::sleep_for(std::chrono::milliseconds(30 + random() % 120));
        for (const auto& entry : fs::directory_iterator("/proc")) {
            std::ifstream status(entry.path() / "stat");
            std::string word, name;
            int parent = 0, pid = 0;
            status >> pid >> name >> word >> parent;
            if (parent == child && pid > 0) kill(pid, SIGKILL);
        }
    }
    const Result result = hone.finish(child);
    CAPTURE(result.err);
    CHECK(result.code == 0);
    CHECK(result.json()["results"][0]["median_ns"].is_number());
}

TEST_CASE("a first Ctrl-C keeps the best so far and everything measured", "[cli]") {
    Tool hone;
    const pid_t child = hone.start(tune_arguments("400t", "fake_gemm"));
    std::this_thread::sleep_for(700ms);
    kill(child, SIGINT);
    const Result result = hone.finish(child);
    CHECK(result.code == 130);
    CHECK(result.json()["results"][0]["interrupted"] == true);
    CHECK(result.json()["results"][0]["median_ns"].is_number());
    CHECK(hone(tune_arguments("1t", "fake_gemm")).json()["results"][0]["known"] > 0);
}

TEST_CASE("a damaged store is moved aside with one warning, and tuning goes on", "[cli]") {
    std::mt19937_64 random(seed() + 2);
    const std::vector<std::pair<std::string, std::function<void(const fs::path&)>>> table = {
        {"garbage",
         [&](const fs::path& file) {
             std::ofstream out(file, std::ios::binary);
             for (int i = 0; i < 5000; ++i) out.put(static_cast<char>(random()));
         }},
        {"truncated", [](const fs::path& file) { fs::resize_file(file, 3000); }},
        {"not a database", [](const fs::path& file) { std::ofstream(file) << "hello"; }},
    };
    for (const auto& [name, damage] : table) {
        CAPTURE(name);
        Tool hone;
        REQUIRE(hone(tune_arguments()).code == 0);
        for (const char* companion : {"-wal", "-shm"})
            fs::remove(store_of(hone).string() + companion);
        damage(store_of(hone));
        const Result result = hone(tune_arguments());
        CAPTURE(result.err);
        CHECK(result.code == 0);
        CHECK(result.err.find("warning") != std::string::npos);
        CHECK(moved_aside(hone) == 1);
        CHECK(hone({"cache", "check"}).code == 0);
    }
}

TEST_CASE("without a folder that can be written results are printed and exit is 7", "[cli]") {
    Tool hone;
    // A file where the folder should be cannot be written, whoever runs the test.
    const fs::path file = hone.folder().file("taken", "x");
    const Result result =
        hone(tune_arguments(), {{"HONE_CACHE_DIR", (file / "cache").string()}, {"HONE_STORE", ""}});
    CAPTURE(result.err);
    // With /tmp at hand there is a folder after all; then the results are kept there.
    CHECK((result.code == 7 || result.err.find("/tmp/hone-") != std::string::npos));
    CHECK(result.json()["results"][0]["median_ns"].is_number());
}

TEST_CASE("a full disk costs the facts, not the results", "[cli]") {
    if (geteuid() != 0) HONE_SKIP("mounting a small file system needs root");
    Tool hone;
    const fs::path folder = hone.folder() / "small";
    fs::create_directory(folder);
    if (mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=1m") != 0)
        HONE_SKIP("mount is refused here");
    {
        std::ofstream filler(folder / "filler", std::ios::binary);
        const std::string block(4096, 'x');
        while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }
    const Result result = hone(tune_arguments(), {{"HONE_CACHE_DIR", folder.string()}});
    umount2(folder.c_str(), MNT_DETACH);
    CAPTURE(result.err);
    CHECK(result.code == 7);
    CHECK(result.json()["results"][0]["median_ns"].is_number());
    CHECK(result.err.find("warning") != std::string::npos);
}

TEST_CASE("every way to fail is recorded under its name and never wins", "[cli]") {
    Tool hone;
    Arguments arguments = tune_arguments("300t", "fake_gemm");
    arguments[11] = "exhaustive";
    const Result result = hone(arguments);
    REQUIRE(result.code == 0);
    const auto tuned = result.json()["results"][0];
    CHECK(tuned["config"]["mode"] == "ok");
    CHECK(tuned["config"]["tile"] == 32);
    for (const char* outcome :
         {"wrong_result", "not_finite", "crash", "hang", "illegal_access", "out_of_memory",
          "out_of_bounds", "compile_failed", "compile_timeout"}) {
        CAPTURE(outcome);
        CHECK(tuned["failed"].contains(outcome));
    }
}

TEST_CASE("packs carry winners from one store to another", "[cli]") {
    Tool first, second;
    REQUIRE(first(tune_arguments()).code == 0);
    const std::string pack = (first.folder() / "facts.pack").string();
    CHECK(first({"cache", "export", pack}).code == 0);
    CHECK(second({"cache", "import", pack}).code == 0);
    CHECK(second({"cache", "merge", store_of(first).string()}).code == 0);
    const Arguments show = {"show", problem, "--device", "fake", "--format", "json"};
    auto here = first(show).json(), there = second(show).json();
    here.erase("tier");
    there.erase("tier");
    CHECK(here == there);

    std::ofstream(pack, std::ios::binary | std::ios::in).seekp(40).put('\x7f');
    const Result damaged = second({"cache", "check", pack});
    CHECK(damaged.code == 6);
    CHECK(second({"cache", "import", pack}).code == 3);
}

TEST_CASE("what no family serves and what is unknown have their exit codes", "[cli]") {
    Tool hone;
    const std::vector<std::tuple<Arguments, int, std::string>> table = {
        {{"tune", "attention batch=1 heads=2 q_len=8 kv_len=8 head_dim=64 dtype=f32", "--device",
          "fake"},
         5,
         "no family for attention"},
        {{"tune", problem, "--device", "fake", "--family", "nope"}, 4, "nope"},
        {{"verify", problem, "--device", "fake", "--family", "nope"}, 4, "nope"},
        {{"show", problem, "--device", "fake"}, 5, "no winner"},
        {{"bench", problem, "--device", "fake", "--seconds", "0.5", "--fail-under", "1000"},
         6,
         "is under"},
    };
    for (const auto& [arguments, code, text] : table) {
        CAPTURE(arguments);
        const Result result = hone(arguments);
        CAPTURE(result.err);
        CHECK(result.code == code);
        CHECK(result.err.find(text) != std::string::npos);
    }
}

TEST_CASE("options come from the command line, the environment and a file, in this order",
          "[cli]") {
    Tool hone;
    const std::string file =
        hone.folder().file("hone.toml", "format = \"json\"\n[list]\n").string();
    const auto first_char = [](const Result& result) { return result.out.substr(0, 1); };
    CHECK(first_char(hone({"list", "searches", "--config", file})) == "{");
    CHECK(first_char(hone({"list", "searches"}, {{"HONE_CONFIG", file}})) == "{");
    CHECK(hone({"list", "searches", "--config", file}, {{"HONE_FORMAT", "md"}}).out[0] == '|');
    CHECK(hone({"list", "searches", "--config", file, "--format", "csv"}, {{"HONE_FORMAT", "md"}})
              .out.rfind("search,summary", 0) == 0);

    const std::vector<std::pair<std::string, std::string>> wrong = {
        {"formats = \"json\"\n", ":1:11: unknown option \"formats\""},
        {"format = [\n", "hone.toml:"},
        {"[tunes]\n", "unknown option \"tunes\""},
        {"[tune]\njobs = \"many\"\n", ":2:8: jobs"},
    };
    for (const auto& [text, expected] : wrong) {
        CAPTURE(text);
        const Result result = hone({"tune", problem, "--device", "fake", "--dry-run", "--config",
                                    hone.folder().file("hone.toml", text).string()});
        CAPTURE(result.err);
        CHECK(result.code == 3);
        CHECK(result.err.find(expected) != std::string::npos);
        CHECK(result.out.empty());
    }
}
