// hone compile, by the stub's compiler and, where there is one, the real one.
#include "tests/backend_cuda/stub.hpp"
#include "tests/catch.hpp"
#include "tests/cli/tool.hpp"

#include <filesystem>
#include <map>
#include <string>

using cuda_test::stub_environment;
using tool::Arguments;
using tool::Environment;
using tool::Result;
using tool::Tool;

namespace {

const std::string problem = "gemm m=48 n=40 k=32 a=f32";

Environment without_driver(Environment settings) {
    settings["HONE_CUDA_DRIVER"] = "/nowhere/libcuda.so";
    return settings;
}

Arguments compile(const std::string& family, const Arguments& more) {
    Arguments all = {"compile",           problem, "--arch",   "sm_80",
                     "--family",          family,  "--format", "json",
                     "--compile-seconds", "2",     "--jobs",   "2"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

} // namespace

TEST_CASE("candidates are compiled for architectures that are not here, and pruned",
          "[backend_cuda]") {
    const Tool hone;
    Arguments arguments = compile("stub_gemm", {});
    arguments[3] = "sm_80,sm_90a";
    const Result run = hone(arguments, without_driver(stub_environment()));
    CAPTURE(run.err);
    REQUIRE(run.code == 0);
    const auto document = run.json();
    CHECK(document["schema"] == "hone.compile/1");
    std::map<std::string, int> archs, outcomes;
    for (const auto& result : document["results"]) {
        ++archs[result["arch"].get<std::string>()];
        ++outcomes[result["outcome"].get<std::string>()];
        CHECK(result["program_hash"].get<std::string>().size() == 64);
        const int tile = result["config"]["tile"].get<int>();
        CHECK(result["registers"] == 2 * tile);
        const bool spills = tile == 64 && result["config"]["unroll"] == 4;
        CHECK(result["spill_bytes"] == (spills ? 1024 : 0));
        CHECK(result["outcome"] == (spills ? "skipped" : "ok"));
    }
    CHECK(archs == std::map<std::string, int>{{"sm_80", 12}, {"sm_90a", 12}});
    CHECK(outcomes == std::map<std::string, int>{{"ok", 22}, {"skipped", 2}});
    CHECK(document["pruned"] == 2);
}

TEST_CASE("compilers that fail in every way cost one candidate each", "[backend_cuda]") {
    const Tool hone;
    const Result run = hone(compile("stub_faulty", {"--sample", "60"}), stub_environment());
    CAPTURE(run.err);
    REQUIRE(run.code == 0);
    const std::map<std::string, std::string> expected = {{"compile_fail", "compile_failed"},
                                                         {"compile_crash", "compile_failed"},
                                                         {"compile_hang", "compile_timeout"},
                                                         {"compile_oom", "out_of_memory"},
                                                         {"compile_spoiled", "compile_failed"}};
    std::map<std::string, int> seen;
    const auto document = run.json(); // outlives the loop over a part of it
    for (const auto& result : document["results"]) {
        const std::string mode = result["config"]["mode"].get<std::string>();
        const auto row = expected.find(mode);
        if (row == expected.end()) continue;
        ++seen[mode];
        CHECK(result["outcome"] == row->second);
    }
    CHECK(seen.size() == expected.size());
}

TEST_CASE("a bundle lets a card be tuned where there is no compiler", "[backend_cuda]") {
    const Tool hone;
    const std::string bundle = (hone.folder() / "kernels.bundle").string();
    REQUIRE(hone(compile("stub_gemm", {"-o", bundle}), without_driver(stub_environment())).code ==
            0);

    const Tool elsewhere;
    Environment settings = stub_environment();
    settings["HONE_CUDA_NVRTC"] = "/nowhere/libnvrtc.so";
    settings["HONE_BUNDLE"] = bundle;
    const Arguments tune = {"tune",     problem, "--device", "cuda",       "--family", "stub_gemm",
                            "--budget", "12t",   "--search", "exhaustive", "--format", "json"};
    const Result run = elsewhere(tune, settings);
    CAPTURE(run.err);
    REQUIRE(run.code == 0);
    CHECK(run.json()["results"][0]["config"]["tile"] == 32);

    // Machine code that the driver is too old for is refused as a whole.
    Environment outdated = settings;
    outdated["HONE_CUDA_STUB"] = "driver=12040";
    const Result old = elsewhere(tune, outdated);
    CHECK(old.code == 4);
    CHECK(old.err.find("kernels.bundle") != std::string::npos);
    CHECK(old.err.find("needs a driver for CUDA 13.0, the one here is for CUDA 12.4") !=
          std::string::npos);

    // Only of the signer that is trusted.
    settings["HONE_BUNDLE_KEY"] = std::string(64, '0');
    const Result refused = elsewhere(tune, settings);
    CHECK(refused.code == 4);
    CHECK(refused.err.find("not signed by") != std::string::npos);
}

TEST_CASE("compiling again, or the next shard, goes on with the bundle that is there",
          "[backend_cuda]") {
    const Tool hone;
    const std::string bundle = (hone.folder() / "kernels.bundle").string();
    std::size_t candidates = 0;
    for (const char* shard : {"0/3", "1/3", "2/3"}) {
        const Result part =
            hone(compile("stub_gemm", {"-o", bundle, "--shard", shard}), stub_environment());
        CAPTURE(part.err);
        REQUIRE(part.code == 0);
        candidates += part.json()["results"].size();
    }
    CHECK(candidates == 12);
    // Without the cache of binaries, what is in the bundle is not compiled again.
    std::filesystem::remove_all(hone.store_folder());
    const Result again = hone(compile("stub_gemm", {"-o", bundle}), stub_environment());
    const auto document = again.json(); // outlives the loop over a part of it
    for (const auto& result : document["results"])
        if (result["outcome"] == "ok") CHECK(result["seconds"] == 0);
}

TEST_CASE("what to compile for must be said and known", "[backend_cuda]") {
    const Tool hone;
    CHECK(hone({"compile", problem}, stub_environment()).code == 2);
    const Result unknown = hone({"compile", problem, "--arch", "sm_10"}, stub_environment());
    CHECK(unknown.code == 2);
    CHECK(unknown.err.find("sm_90a") != std::string::npos);
    const std::string model = hone.folder().file("none.model", "nonsense\n").string();
    CHECK(hone({"compile", problem, "--model", model}, stub_environment()).code == 3);
    Environment none = stub_environment();
    none["HONE_CUDA_NVRTC"] = "/nowhere/libnvrtc.so";
    CHECK(hone(compile("stub_gemm", {}), none).code == 4);
}

TEST_CASE("the real compiler gives code that the stub card runs", "[backend_cuda]") {
    Environment settings = stub_environment();
    settings.erase("HONE_CUDA_NVRTC");
    const Tool hone;
    if (hone({"doctor"}, settings).out.find("no NVRTC") != std::string::npos)
        HONE_SKIP("there is no NVRTC here");
    const std::string bundle = (hone.folder() / "kernels.bundle").string();
    Arguments arguments = compile("stub_gemm", {"--sample", "3", "-o", bundle});
    arguments[9] = "60";
    const Result compiled = hone(arguments, without_driver(settings));
    CAPTURE(compiled.err);
    REQUIRE(compiled.code == 0);
    const auto document = compiled.json(); // outlives the loop over a part of it
    for (const auto& result : document["results"]) {
        CHECK(result["outcome"] == "ok");
        CHECK(result["registers"].get<int>() > 8);
    }
    const Result tuned = hone({"tune", problem, "--device", "cuda", "--family", "stub_gemm",
                               "--budget", "3t", "--format", "json"},
                              settings);
    CAPTURE(tuned.err);
    CHECK(tuned.code == 0);
}
