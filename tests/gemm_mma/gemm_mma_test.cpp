#include "tests/cuda_family/fixture.hpp"

#include <algorithm>
#include <map>

using namespace hone;
using namespace hone::test;

namespace {

const KernelFamily& family() { return plugins().family("gemm_mma"); }

} // namespace

TEST_CASE("every card that has the instructions has legal configs", "[gemm_mma]") {
    // How many of the cards do.
    for (const auto& [text, count] : std::map<std::string, int>{
             {"gemm m=1024 n=1024 k=1024 a=bf16 layout=nt", 6},
             {"gemm m=1 n=4096 k=4096 a=f16 layout=nt", 7},
             {"gemm m=100 n=36 k=20 a=f16 d=f32 layout=tn epilogue=bias+gelu+residual", 7},
             {"gemm m=64 n=128 k=512 a=bf16 layout=nt epilogue=bias+swiglu batch=3", 6},
             {"gemm m=512 n=512 k=512 a=f32", 6},
             {"gemm m=512 n=512 k=512 a=f32 layout=tt", 6},
             {"gemm m=512 n=512 k=512 a=tf32 d=f32", 6},
             {"gemm m=64 n=64 k=64 a=s8 d=s32 layout=nt accumulate=true", 7},
             {"gemm m=64 n=64 k=64 a=u8 b=s8 d=s32 layout=nn", 7},
             {"gemm m=64 n=64 k=64 a=e4m3 b=e5m2 d=bf16 layout=nt", 4},
             {"gemm m=4096 n=4096 k=4096 a=e4m3 d=f32 layout=tn", 4},
         })
        CHECK(check_space(family(), text) == count);
}

TEST_CASE("one compiled config serves every extent", "[gemm_mma]") {
    const DeviceModel model = cards()[1];
    const Config config =
        *family().fallback(problem_of("gemm m=64 n=64 k=64 a=bf16 layout=nt"), model);
    const auto program = [&](const char* text) {
        return digest(family().emit(problem_of(text), config, model));
    };
    const Digest first = program("gemm m=1 n=7 k=5 a=bf16 layout=nt");
    CHECK(first == program("gemm m=1000 n=2000 k=3000 batch=2 a=bf16 layout=nt"));
    CHECK(first != program("gemm m=1 n=7 k=5 a=bf16 layout=nn"));
}

TEST_CASE("a program says what its products are formed from", "[gemm_mma]") {
    const DeviceModel model = cards()[1];
    const Problem problem = problem_of("gemm m=512 n=512 k=512 a=f32 layout=nt");
    CHECK_FALSE(family().fallback(problem, model)); // gemm_simt's needs no contract
    Config config = family().seeds(problem, model).at(0);
    const auto numerics = [&](const char* product) {
        config.set("PRODUCT", std::string(product));
        return family().emit(problem, config, model).numerics;
    };
    CHECK(numerics("tf32").operand == DType::tf32);
    CHECK(numerics("tf32").split_terms == 1);
    CHECK(numerics("3xtf32").operand == DType::tf32);
    CHECK(numerics("3xtf32").split_terms == 3);
    CHECK(numerics("bf16x3").operand == DType::bf16);
    CHECK(numerics("bf16x3").split_terms == 3);

    const Problem halves = problem_of("gemm m=512 n=512 k=512 a=f16 layout=nt");
    Config short_sums = *family().fallback(halves, model);
    short_sums.set("SUMS", std::string("f16"));
    CHECK(family().emit(halves, short_sums, model).numerics.accumulator == DType::f16);
}

TEST_CASE("no config needs more shared memory than a block may have", "[gemm_mma]") {
    std::mt19937_64 random(seed());
    const Problem problem = problem_of("gemm m=4096 n=4096 k=4096 a=f16 layout=nt");
    for (const DeviceModel& model : cards()) {
        const SearchSpace space = family().space(problem, model);
        for (int i = 0; i < 30; ++i) {
            const Config config = space.config(space.sample(random).value());
            CAPTURE(model.name, config.canonical_text());
            const Step step = family().emit(problem, config, model).steps[0];
            CHECK(step.shared_bytes <= model.shared_bytes);
            CHECK(step.block[0] <= 512);
        }
    }
}

TEST_CASE("what is not supported is refused with a reason", "[gemm_mma]") {
    const auto reason = [](const char* text, const DeviceModel& model) {
        return family().supports(problem_of(text), model).reason;
    };
    const DeviceModel t4 = cards()[0], a100 = cards()[1];
    CHECK(reason("gemm m=4 n=4 k=4 a=bf16", a100) == "");
    CHECK_THAT(reason("gemm m=4 n=4 k=4 a=bf16", t4), Catch::Contains("bf16"));
    CHECK_THAT(reason("gemm m=4 n=4 k=4 a=e4m3 d=f32", a100), Catch::Contains("e4m3"));
    CHECK_THAT(reason("gemm m=4 n=4 k=4 a=f64", a100), Catch::Contains("f64"));
    CHECK_THAT(reason("gemm m=4 n=4 k=4 a=bf16 b=s4 d=bf16", a100), Catch::Contains("s4"));
    CHECK_THROWS_AS(
        family().emit(problem_of("gemm m=4 n=4 k=4 a=bf16"), Config::parse("BM=64 BN=64"), a100),
        Error);
}

TEST_CASE("a sample of configs compiles for its architecture, the guesses with few spills at most",
          "[gemm_mma][nvrtc]") {
    if (!compiler()) HONE_SKIP("no NVRTC");
    const std::vector<DeviceModel> all = cards();
    std::mt19937_64 random(seed());
    for (const char* text : {
             "gemm m=1024 n=1024 k=1024 a=f16 layout=nt epilogue=bias+relu",
             "gemm m=512 n=512 k=512 a=bf16 layout=tn epilogue=swiglu",
             "gemm m=512 n=512 k=512 a=f32 layout=nn",
             "gemm m=512 n=512 k=512 a=s8 d=s32 layout=nn",
         })
        check_compiles(family(), text, all[random() % all.size()], 1, 256);
}

TEST_CASE("a sample of configs is right in the emulator", "[gemm_mma][emu]") {
    if (!backend("emu")) HONE_SKIP("no emulator");
    const std::array archs{"sm_75", "sm_80", "sm_86", "sm_89", "sm_120"};
    const std::array texts{
        "gemm m=200 n=200 k=400 a=f16 layout=nt epilogue=bias+gelu",
        "gemm m=200 n=200 k=400 a=bf16 layout=tn scale=alpha_beta c=f32 batch=2",
        "gemm m=200 n=200 k=400 a=bf16 layout=nn leading=strided alignment=4 epilogue=swiglu",
        "gemm m=200 n=200 k=400 a=f32 layout=nt max_error=1e-2",
        "gemm m=200 n=200 k=400 a=s8 d=s32 layout=nn accumulate=true",
        "gemm m=200 n=200 k=400 a=e4m3 d=f32 layout=nt",
    };
    // Which architecture runs which problem rotates with the commit.
    for (std::size_t i = 0; i < texts.size(); ++i)
        check_runs(family(), texts[i], archs[(seed() + i) % archs.size()], 1);
}
