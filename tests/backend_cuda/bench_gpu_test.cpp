// bench/gpu: its problems are read and served, and the script goes through on a card of the stub.
#include "tests/backend_cuda/stub.hpp"
#include "tests/catch.hpp"
#include "tests/cli/tool.hpp"
#include "tests/paths.hpp"

#include <cstdlib>
#include <string>

using cuda_test::stub_environment;
using tool::Environment;
using tool::Result;
using tool::Tool;

namespace {

const std::string folder = hone::test::source_dir() + std::string("/bench/gpu/");

} // namespace

TEST_CASE("each problem that is measured on cards has a family there", "[backend_cuda]") {
    const Tool hone;
    for (const char* file : {"workload.toml", "verify.toml"}) {
        const Result run =
            hone({"tune", folder + file, "--device", "cuda", "--dry-run", "--format", "json"},
                 stub_environment());
        CAPTURE(file, run.err);
        REQUIRE(run.code == 0);
        const auto document = run.json(); // outlives the loop over a part of it
        CHECK(document["results"].size() >= 10);
        for (const auto& result : document["results"]) {
            // The stub is an A100.
            const std::string problem = result["problem"];
            CAPTURE(problem);
            CHECK_FALSE(result.contains("missing"));
        }
    }
}

TEST_CASE("bench/gpu/run.sh goes from the card to a report", "[backend_cuda]") {
    const Tool hone;
    const std::string workload =
        hone.folder().file("w.toml", "[[gemm]]\nm = 48\nn = 40\nk = 32\na = 'f32'\n").string();
    const std::string out = (hone.folder() / "results").string();
    std::string command = "env HONE='" + std::string(hone::test::tool()) + "' HONE_CACHE_DIR='" +
                          hone.store_folder().string() + "'";
    for (const auto& [name, value] : stub_environment()) command += " " + name + "='" + value + "'";
    command += " PATH=/usr/bin:/bin bash '" + folder + "run.sh' --device cuda:0 --budget 12t" +
               " --sample 4 --family stub_gemm --workload '" + workload + "' --problems '" +
               workload + "' --out '" + out + "' >'" + (hone.folder() / "log").string() + "' 2>&1";
    const int status = std::system(command.c_str());
    CAPTURE(tool::text_of(hone.folder() / "log"));
    // There is no nvidia-smi, no PyTorch, and the stub's compiler makes nothing for the emulator:
    // each is said at the end.
    CHECK(WEXITSTATUS(status) == 1);
    const std::string report = tool::text_of(hone.folder() / "results/report.md");
    CAPTURE(report);
    for (const char* part : {"hone tune", "gemm m=48 n=40 k=32", "Not done:", "clocks-before.csv"})
        CHECK(report.find(part) != std::string::npos);
    for (const char* done : {"tune.json: exit", "bench.json: exit", "bench.md: exit",
                             "model.txt: exit", "doctor.txt: exit"})
        CHECK(report.find(done) == std::string::npos);
    CHECK(tool::text_of(hone.folder() / "results/model.txt").find("arch=sm_80") !=
          std::string::npos);
    CHECK(tool::text_of(hone.folder() / "results/tune.json").find("stub_gemm") !=
          std::string::npos);
}
