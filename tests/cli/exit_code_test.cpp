// What the tool's exit codes say, and that stdout holds results only.
#include "tests/catch.hpp"
#include "tests/cli/tool.hpp"

using tool::Arguments;
using tool::Tool;

TEST_CASE("exit codes tell a caller what went wrong, and stderr tells a person", "[cli]") {
    const auto [arguments, code, said] = GENERATE(table<Arguments, int, std::string>({
        {{}, 2, "subcommand"},
        {{"tuen", tool::problem}, 2, "did you mean tune?"},
        {{"tune", "--nope", tool::problem}, 2, "--nope"},
        {{"tune", "--buget", "1t", tool::problem}, 2, "did you mean --budget?"},
        {{"tune", "--max-error", "-1", tool::problem}, 2, "a number above 0, got \"-1\""},
        {{"tune", "--max-error", "nan", tool::problem}, 2, "a number above 0, got \"nan\""},
        {{"list", "devices", "--format", "yaml"}, 2, "jsonl"},
        {{"tune", "--budget", "3x", tool::problem}, 2, "--budget 3x"},
        {{"tune", "--shard", "2/2", tool::problem}, 2, "--shard 2/2"},
        {{"tune", "gemm m=4 nn=4 k=4"}, 3, "did you mean n?"},
        {{"tune", "gemm m=4 n=4 k=4"}, 3, "such as a=f32"},
        {{"tune", "missing.toml"}, 3, "missing.toml"},
        {{"tune", "--device", "nope", tool::problem}, 4, "nope"},
        {{"tune", "--device", "fake", "--search", "nope", tool::problem}, 4, "nope"},
        {{"show", "--device", "fake", "--store", "nope:x", tool::problem}, 4, "nope"},
    }));
    const tool::Result result = Tool()(arguments);
    INFO(result.err);
    CHECK(result.code == code);
    CHECK(result.out.empty());
    CHECK(result.err.find(said) != std::string::npos);
}

TEST_CASE("a problem that memory cannot hold is refused before memory is asked for", "[cli]") {
    const std::string problem = "gemm m=1000000 n=1000000 k=1000000 a=f32";
    const Tool hone;
    for (const char* verb : {"tune", "bench"}) {
        const tool::Result result = hone({verb, "--device", "fake", "--format", "json", problem});
        INFO(result.err);
        CHECK(result.code == 5);
        CHECK(result.err.find("GiB of memory are free") != std::string::npos);
    }
    const tool::Result result =
        hone({"verify", "--device", "fake", "--family", "fake_plain", "--sample", "1", problem});
    INFO(result.err);
    CHECK(result.code == 4);
    CHECK(result.err.find("GiB of memory are free") != std::string::npos);
}

TEST_CASE("help and version are results", "[cli]") {
    for (const char* argument : {"--help", "--version"}) {
        const tool::Result result = Tool()({argument});
        CHECK(result.code == 0);
        CHECK(result.out.find("hone") != std::string::npos);
        CHECK(result.err.empty());
    }
}

TEST_CASE("a repeatable option takes one value and leaves the problem alone", "[cli]") {
    const Tool hone;
    const std::string store = "sqlite:" + (hone.folder() / "a.sqlite").string();
    const tool::Result result = hone({"tune", "--device", "fake", "--dry-run", "--format", "json",
                                      "--store", store, "--family", "fake_plain", tool::problem});
    INFO(result.err);
    CHECK(result.code == 0);
    CHECK(result.json()["results"].size() == 1);
}
