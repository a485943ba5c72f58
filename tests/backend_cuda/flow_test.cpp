// The whole of `hone tune --device cuda` and the GPU rows of DESIGN's table of faults, on the stub.
#include "tests/backend_cuda/stub.hpp"
#include "tests/catch.hpp"
#include "tests/cli/tool.hpp"

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

using cuda_test::stub_environment;
using cuda_test::stub_library;
using tool::Arguments;
using tool::Environment;
using tool::Result;
using tool::Tool;

namespace {

Arguments tune(const std::string& family, const std::string& budget, const std::string& search) {
    return {"tune",
            "gemm m=48 n=40 k=32 a=f32",
            "--device",
            "cuda",
            "--family",
            family,
            "--budget",
            budget,
            "--format",
            "json",
            "--search",
            search,
            "--run-seconds",
            "2",
            "--compile-seconds",
            "2",
            "--jobs",
            "2"};
}

} // namespace

TEST_CASE("what a card counts of energy is kept, and a winner can be asked for by it",
          "[backend_cuda]") {
    const Tool hone;
    Arguments arguments = tune("stub_gemm", "12t", "exhaustive");
    arguments.insert(arguments.end(), {"--objective", "energy"});
    const Result run = hone(arguments, stub_environment("energy=1"));
    CAPTURE(run.err);
    REQUIRE(run.code == 0);
    const auto result = run.json()["results"][0];
    // 60 us at 100 W; the fastest takes 40 us at 400 W.
    CHECK(result["config"]["tile"] == 64);
    CHECK(result["config"]["unroll"] == 2);
    CHECK(std::abs(result["energy_uj"].get<double>() - 6000) < 120);
    const Result front = hone({"show", "gemm m=48 n=40 k=32 a=f32", "--device", "cuda", "--front"},
                              stub_environment());
    CAPTURE(front.out);
    CHECK(front.out.find("0.006 J") != std::string::npos);
    CHECK(front.out.find("0.016 J") != std::string::npos);

    const Result uncounted = hone(arguments, stub_environment());
    CHECK(uncounted.code == 0);
    CHECK(uncounted.err.find("gave no energy") != std::string::npos);
    const Result elsewhere =
        hone({"tune", "gemm m=8 n=8 k=8 a=f32", "--device", "cpu:1", "--objective", "edp"},
             stub_environment());
    CHECK(elsewhere.code == 4);
    CHECK(elsewhere.err.find("energy is not measured") != std::string::npos);
}

TEST_CASE("tuning on a card finds the best candidate and serves it again", "[backend_cuda]") {
    const Tool hone;
    const Result first = hone(tune("stub_gemm", "12t", "exhaustive"), stub_environment());
    CAPTURE(first.err);
    REQUIRE(first.code == 0);
    const auto result = first.json()["results"][0];
    CHECK(result["device"] == "cuda:0");
    CHECK(result["config"]["tile"] == 32);
    CHECK(result["config"]["unroll"] == 2);
    // By the virtual clock.
    CHECK(result["median_ns"].get<double>() == Approx(40'000).epsilon(0.02));

    const Result shown =
        hone({"show", "gemm m=48 n=40 k=32 a=f32", "--device", "cuda"}, stub_environment());
    CAPTURE(shown.err);
    CHECK(shown.code == 0);
    CHECK(shown.out.find("stub_gemm") != std::string::npos);
}

TEST_CASE("candidates that fail in every way of a card are recorded, and the search goes on",
          "[backend_cuda]") {
    const Tool hone;
    const Result run = hone(tune("stub_faulty", "90t", "random"), stub_environment());
    CAPTURE(run.err);
    REQUIRE(run.code == 0);
    const auto result = run.json()["results"][0];
    CHECK(result["config"]["mode"] == "ok");
    const auto failed = result["failed"];
    CAPTURE(failed.dump());
    // Ninety of 192 configs, drawn at random: every kind of failure is among them nearly always,
    // and most of them always.
    int kinds = 0;
    for (const char* outcome :
         {"wrong_result", "not_finite", "out_of_bounds", "illegal_access", "crash", "hang",
          "out_of_memory", "launch_failed", "compile_failed", "compile_timeout"})
        kinds += failed.contains(outcome);
    CHECK(kinds >= 8);
}

TEST_CASE("cuBLASLt takes part with every algorithm that it proposes, and its best is reported",
          "[backend_cuda]") {
    const Tool hone;
    Environment settings = stub_environment();
    settings["HONE_CUDA_CUBLASLT"] = stub_library("cublaslt");
    // Without --family: vendor families take part then.
    for (const char* problem : {"gemm m=48 n=40 k=32 a=f32", "gemm m=48 n=40 k=32 a=f32 layout=nt",
                                "gemm m=48 n=40 k=32 a=f32 layout=tn scale=alpha"}) {
        const Result run = hone({"tune", problem, "--device", "cuda", "--family", "stub_gemm",
                                 "--family", "cublaslt", "--budget", "12t", "--search",
                                 "exhaustive", "--format", "json", "--run-seconds", "2"},
                                settings);
        CAPTURE(problem, run.err);
        REQUIRE(run.code == 0);
        const Result bench =
            hone({"bench", problem, "--device", "cuda", "--format", "json"}, settings);
        CAPTURE(bench.err);
        REQUIRE(bench.code == 0);
        const auto result = bench.json()["results"][0];
        CHECK(result["best_vendor"] == "cublaslt");
        // The second of its three is its fastest, by the virtual clock.
        CHECK(result["vendors"][0]["median_ns"].get<double>() == Approx(50'000).epsilon(0.02));
    }
}

TEST_CASE("a card that is lost ends the run with the code that says: try elsewhere",
          "[backend_cuda]") {
    const Tool hone;
    const Result run = hone(tune("stub_gemm", "12t", "random"), stub_environment("lose_after=5"));
    CAPTURE(run.err);
    CHECK(run.code == 75);
    CHECK(run.err.find("GPU is lost") != std::string::npos);
}

TEST_CASE("no card, no driver, no compiler: said in one line, and no crash", "[backend_cuda]") {
    const Tool hone;
    struct Row {
        const char* variable;
        const char* value;
        const char* card;
    };
    for (const auto& [variable, value, card] :
         {Row{"HONE_CUDA_DRIVER", "/nowhere/libcuda.so", ""}, Row{"", "", "devices=0"},
          Row{"", "", "init=100"}, Row{"HONE_CUDA_NVRTC", "/nowhere/libnvrtc.so", ""}}) {
        Environment settings = stub_environment(card);
        if (*variable) settings[variable] = value;
        const Result run = hone(tune("stub_gemm", "5t", "random"), settings);
        CAPTURE(variable, card, run.err);
        CHECK(run.code == 4);
        CHECK(run.err.find("hone: ") != std::string::npos);
        const Result doctor = hone({"doctor"}, settings);
        CHECK(doctor.code == 0);
        CHECK(doctor.out.find("missing") != std::string::npos);
    }
}

TEST_CASE("a card in use is refused by name and taken when it is said to be shared",
          "[backend_cuda]") {
    const Tool hone;
    Arguments arguments = tune("stub_gemm", "6t", "random");
    const Result refused = hone(arguments, stub_environment("process=4711"));
    CHECK(refused.code == 4);
    CHECK(refused.err.find("4711") != std::string::npos);
    arguments[3] = "cuda:0:shared";
    CHECK(hone(arguments, stub_environment("process=4711")).code == 0);
}

TEST_CASE("a driver older than the compiler refuses its code, which is a result",
          "[backend_cuda]") {
    const Tool hone;
    const Result run = hone(tune("stub_gemm", "6t", "random"), stub_environment("driver=12040"));
    CAPTURE(run.err);
    CHECK(run.code == 5);
    const Result doctor = hone({"doctor"}, stub_environment("driver=12040"));
    CHECK(doctor.out.find("older than nvrtc 13.0") != std::string::npos);
}

TEST_CASE("a tool killed while it tunes on a card resumes with what it knew", "[backend_cuda]") {
    const Tool hone;
    const pid_t child = hone.start(tune("stub_faulty", "60t", "random"), stub_environment());
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    kill(child, SIGKILL);
    (void)hone.finish(child);
    const Result check = hone({"cache", "check"}, stub_environment());
    CHECK(check.code == 0);
    CHECK(hone(tune("stub_gemm", "12t", "exhaustive"), stub_environment()).code == 0);
}
