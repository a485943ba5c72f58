#include "tests/cuda_family/fixture.hpp"

#include <algorithm>

using namespace hone;
using namespace hone::test;

namespace {

const KernelFamily& family() { return plugins().family("gemm_simt"); }

} // namespace

TEST_CASE("every card has legal configs that are emitted the same each time", "[gemm_simt]") {
    for (const char* text : {
             "gemm m=1024 n=1024 k=1024 a=f32",
             "gemm m=1 n=4096 k=4096 a=bf16 layout=nt",
             "gemm m=100 n=36 k=20 a=f16 d=f32 layout=tn epilogue=bias+gelu+residual",
             "gemm m=64 n=128 k=512 a=bf16 layout=nt epilogue=bias+swiglu batch=3",
             "gemm m=64 n=64 k=64 a=f64 scale=alpha_beta c=f64 layout=tt",
             "gemm m=64 n=64 k=64 a=s8 d=s32 accumulate=true",
             "gemm m=64 n=64 k=64 a=e4m3 b=e5m2 d=f16 layout=nt",
         })
        CHECK(check_space(family(), text) == static_cast<int>(cards().size()));
}

TEST_CASE("one compiled fallback serves every extent", "[gemm_simt]") {
    const DeviceModel model = cards()[1];
    const auto program = [&](const char* text) {
        const Problem problem = problem_of(text);
        return digest(family().emit(problem, *family().fallback(problem, model), model));
    };
    CHECK(program("gemm m=1 n=7 k=5 a=f32") == program("gemm m=1000 n=2000 k=3000 batch=2 a=f32"));
    CHECK(program("gemm m=1 n=7 k=5 a=f32") != program("gemm m=1 n=7 k=5 a=f32 layout=nt"));
}

TEST_CASE("slices of k are summed in the workspace by a step of their own", "[gemm_simt]") {
    const DeviceModel model = cards()[1];
    const Problem problem = problem_of("gemm m=100 n=200 k=4096 batch=3 a=bf16 layout=nt");
    Config config = *family().fallback(problem, model);
    CHECK(family().emit(problem, config, model).workspace_bytes.value(problem) == 0);
    config.set("SPLIT", std::int64_t{4});
    const Program program = family().emit(problem, config, model);
    REQUIRE(program.steps.size() == 2);
    CHECK(program.workspace_bytes.value(problem) == 4 * 4 * 100 * 200 * 3);
    CHECK(program.steps[0].grid[0].value(problem) == 4 * 2 * 4 * 3);
    CHECK(program.steps[1].grid[0].value(problem) == 100 * 3);
    CHECK(program.numerics.deterministic);
}

TEST_CASE("what is not supported is refused with a reason", "[gemm_simt]") {
    const auto reason = [](const char* text, const DeviceModel& model) {
        return family().supports(problem_of(text), model).reason;
    };
    const DeviceModel a100 = cards()[1];
    CHECK(reason("gemm m=4 n=4 k=4 a=f32", a100) == "");
    CHECK_THAT(reason("gemm m=4 n=4 k=4 a=f32", card("sm_70", "V100", 80, 98304)),
               Catch::Contains("sm_75"));
    CHECK_THAT(reason("gemm m=4 n=4 k=4 a=f32 b_layout=packed:other/1", a100),
               Catch::Contains("packed:other/1"));
    CHECK_THAT(reason("gemm m=4 n=4 k=4 a=bf16 b=s4 d=bf16", a100), Catch::Contains("quantised"));
    DeviceModel cpu = a100;
    cpu.backend = "cpu";
    CHECK_THAT(reason("gemm m=4 n=4 k=4 a=f32", cpu), Catch::Contains("cuda"));
}

TEST_CASE("a sample of configs compiles for its architecture, the guesses with few spills at most",
          "[gemm_simt][nvrtc]") {
    if (!compiler()) HONE_SKIP("no NVRTC");
    const std::vector<DeviceModel> all = cards();
    std::mt19937_64 random(seed());
    for (const char* text : {"gemm m=1024 n=1024 k=1024 a=f32 layout=nt epilogue=bias+relu",
                             "gemm m=512 n=512 k=512 a=bf16 epilogue=swiglu"})
        check_compiles(family(), text, all[random() % all.size()], 1, 64);
}

TEST_CASE("a sample of configs is right in the emulator", "[gemm_simt][emu]") {
    if (!backend("emu")) HONE_SKIP("no emulator");
    const std::array archs{"sm_75", "sm_80", "sm_86", "sm_89", "sm_120"};
    const std::array texts{
        "gemm m=300 n=300 k=300 a=f32 layout=nt epilogue=bias+gelu",
        "gemm m=300 n=300 k=300 a=f32 layout=tn scale=alpha_beta c=f32 batch=2",
        "gemm m=300 n=300 k=300 a=bf16 layout=nn leading=strided alignment=8 epilogue=swiglu",
        "gemm m=300 n=300 k=300 a=s8 d=s32 layout=tt accumulate=true",
    };
    // Which architecture runs which problem rotates with the commit.
    for (std::size_t i = 0; i < texts.size(); ++i)
        check_runs(family(), texts[i], archs[(seed() + i) % archs.size()], 1);
}
