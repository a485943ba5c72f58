#include "tests/cuda_family/fixture.hpp"

using namespace hone;
using namespace hone::test;

namespace {

const KernelFamily& family() { return plugins().family("gemm_w4a16"); }

} // namespace

TEST_CASE("every card that has the types has legal configs", "[gemm_w4a16]") {
    const int all = static_cast<int>(cards().size());
    CHECK(check_space(family(), "gemm m=1 n=4096 k=4096 a=f16 b=s4 layout=nt group=128") == all);
    CHECK(check_space(family(), "gemm m=64 n=4096 k=4096 a=bf16 b=s4 layout=nt group=64 "
                                "epilogue=bias+swiglu") == all - 1);
    CHECK(check_space(family(), "gemm m=4096 n=4096 k=11008 a=f16 b=s4 layout=nt batch=2") == all);
}

TEST_CASE("one program serves a weight whatever the rows are", "[gemm_w4a16]") {
    const DeviceModel model = cards()[1];
    const auto program = [&](const char* text) {
        const Problem problem = problem_of(text);
        return family().emit(problem, *family().fallback(problem, model), model);
    };
    const Program one = program("gemm m=1 n=4096 k=4096 a=f16 b=s4 layout=nt group=128");
    CHECK(digest(one) ==
          digest(program("gemm m=512 n=4096 k=8192 a=f16 b=s4 layout=nt group=128")));
    CHECK(one.prepare.empty());
}

TEST_CASE("what is not supported is refused with a reason", "[gemm_w4a16]") {
    const auto reason = [](const char* text) {
        return family().supports(problem_of(text), cards()[1]).reason;
    };
    CHECK_THAT(reason("gemm m=1 n=64 k=64 a=f16 layout=nt"), Catch::Contains("s4"));
    CHECK_THAT(reason("gemm m=1 n=64 k=64 a=f16 b=s4"), Catch::Contains("nt"));
    CHECK_THAT(reason("gemm m=1 n=64 k=64 a=f32 b=s4 layout=nt"), Catch::Contains("f32"));
    CHECK_THAT(reason("gemm m=1 n=64 k=64 a=f16 b=s4 layout=nt group=16"), Catch::Contains("32"));
}

TEST_CASE("a sample of configs compiles for its architecture, the guesses with few spills at most",
          "[gemm_w4a16][nvrtc]") {
    if (!compiler()) HONE_SKIP("no NVRTC");
    const std::vector<DeviceModel> all = cards();
    std::mt19937_64 random(seed());
    check_compiles(family(), "gemm m=64 n=4096 k=4096 a=f16 b=s4 layout=nt group=128",
                   all[random() % all.size()], 2, 0);
}

TEST_CASE("a sample of configs is right in the emulator", "[gemm_w4a16][emu]") {
    if (!backend("emu")) HONE_SKIP("no emulator");
    const std::array archs{"sm_75", "sm_80", "sm_86", "sm_89", "sm_120"};
    const std::array texts{
        "gemm m=5 n=600 k=768 a=f16 b=s4 layout=nt group=128",
        "gemm m=100 n=300 k=512 a=bf16 b=s4 layout=nt group=32 epilogue=swiglu",
    };
    // Which architecture runs which problem rotates with the commit.
    for (std::size_t i = 0; i < texts.size(); ++i)
        check_runs(family(), texts[i], archs[(seed() + i) % archs.size()], 1);
}
