// Serving from a bundle: what was tuned on one machine and compiled on another needs no compiler.
#include "hone/dispatcher.hpp"
#include "tests/backend_cuda/stub.hpp"
#include "tests/catch.hpp"
#include "tests/cli/tool.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

using namespace hone;
using cuda_test::stub_environment;
using cuda_test::stub_library;
using tool::Environment;
using tool::Result;
using tool::Tool;

TEST_CASE("winners that a bundle holds are served without a compiler", "[backend_cuda]") {
    const std::string problem = "gemm m=48 n=40 k=32 a=f32";
    const Tool hone;
    const Environment environment = stub_environment();
    const Result tuned = hone({"tune", problem, "--device", "cuda", "--family", "stub_gemm",
                               "--budget", "12t", "--search", "exhaustive", "--format", "json"},
                              environment);
    CAPTURE(tuned.err);
    REQUIRE(tuned.code == 0);
    const std::string bundle = (hone.folder() / "winners.bundle").string();
    const Result compiled = hone({"compile", problem, "--model", "A100-SXM4-80GB", "--winners",
                                  "-o", bundle, "--format", "json"},
                                 environment);
    CAPTURE(compiled.err);
    REQUIRE(compiled.code == 0);
    REQUIRE(compiled.json()["results"].size() == 1);
    CHECK(compiled.json()["results"][0]["config"]["tile"] == 32);

    ::setenv("HONE_CUDA_STUB", "", 1);
    Options options;
    options.plugin_folders = {cuda_test::stub_plugins()};
    options.libraries = {
        stub_library("driver"), "/nowhere/libnvrtc.so", stub_library("nvml"), {}, {}};
    const auto match_with = [&](const std::vector<std::filesystem::path>& bundles) {
        options.bundles.files = bundles;
        const Registry registry(options);
        const auto store = registry.open_store(
            "sqlite:" + (hone.store_folder() / "facts.sqlite").string(), [](const std::string&) {});
        const std::array<Store*, 1> stores{store.get()};
        DispatchOptions dispatch_options;
        dispatch_options.compile = false;
        dispatch_options.warn = [](const std::string&) {};
        Dispatcher dispatcher(registry, options, registry.devices("cuda").front(), stores,
                              dispatch_options);
        const std::vector<WorkloadItem> items = {parse_problem(problem, registry.operations())};
        const LookupInfo served = dispatcher.warm(items).front();
        dispatcher.seal();
        return served;
    };
    const LookupInfo served = match_with({bundle});
    CHECK(served.match == Match::exact);
    CHECK(served.family == "stub_gemm");
    CHECK(served.config.find("tile=32") != std::string::npos);
    CHECK(match_with({}).match == Match::none);

    ::setenv("HONE_CUDA_STUB", "driver=12040", 1);
    CHECK_THROWS_WITH(match_with({bundle}), Catch::Contains("needs a driver for CUDA 13.0"));
    ::setenv("HONE_CUDA_STUB", "", 1);
}
