#include "fixture.hpp"
#include "hone/tuner.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

using namespace hone;
using namespace hone::test;

TEST_CASE("sampled configs pass the verifier on every kind of input", "[gemm_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    const Options options = Options::from_env();
    const Registry registry(options);
    Workload workload;
    for (const char* problem :
         {"gemm m=67 n=130 k=300 a=f32 layout=nn", "gemm m=8 n=96 k=300 a=f32 layout=nt",
          "gemm m=33 n=50 k=70 a=bf16 layout=tn batch=2 epilogue=bias+gelu",
          "gemm m=20 n=64 k=256 a=f32 b=s8 group=64 layout=nt epilogue=swiglu",
          "gemm m=40 n=70 k=130 a=f32 layout=nt b_layout=packed:cpu-nr16/1 scale=alpha_beta c=f32",
          "gemm m=50 n=40 k=60 a=f32 layout=tt accumulate=true leading=strided alignment=4"})
        workload.items.push_back(parse_problem(problem, registry.operations()));
    VerifyOptions verify_options;
    verify_options.families = {"gemm_cpu"};
    verify_options.sample = 4;
    verify_options.seed = seed();
    Observer nobody;
    const auto results = verify(registry, options, workload, registry.devices("cpu").front(),
                                verify_options, nobody);
    CHECK(results.size() >= 4 * workload.items.size());
    for (const VerifyResult& result : results) {
        INFO(result.problem << "\n" << result.config);
        if (!result.reports.empty()) INFO(result.reports.front().message);
        CHECK(result.outcome == Outcome::ok);
    }
}
