#include "tests/cuda_family/fixture.hpp"

#include <algorithm>
#include <map>

using namespace hone;
using namespace hone::test;

namespace {

const KernelFamily& family() { return plugins().family("attention_mma"); }
const KernelFamily& backward() { return plugins().family("attention_mma_backward"); }

} // namespace

TEST_CASE("every card that has the types has legal configs", "[attention_mma]") {
    // How many of the cards do.
    for (const auto& [text, count] : std::map<std::string, int>{
             {"attention batch=2 heads=16 kv_len=1024 head_dim=64 dtype=f16 causal=true", 7},
             {"attention batch=2 heads=32 kv_heads=8 kv_len=4096 head_dim=128 dtype=bf16", 6},
             {"attention batch=2 heads=8 kv_len=333 head_dim=96 dtype=bf16 softcap=30.0", 6},
             {"attention batch=1 heads=8 kv_len=512 head_dim=192 head_dim_v=128 dtype=f16", 7},
             {"attention batch=1 heads=8 kv_len=512 head_dim=256 dtype=f16 layout=bhsd", 7},
             {"attention batch=8 heads=32 kv_heads=4 q_len=1 kv_len=8192 head_dim=128 dtype=bf16 "
              "page_size=16 causal=true",
              6},
         })
        CHECK(check_space(family(), text) == count);
}

TEST_CASE("so have the gradients", "[attention_mma]") {
    for (const auto& [text, count] : std::map<std::string, int>{
             {"attention pass=backward batch=2 heads=16 kv_len=1024 head_dim=64 dtype=f16", 7},
             {"attention pass=backward batch=2 heads=32 kv_heads=8 kv_len=4096 head_dim=128 "
              "dtype=bf16 causal=true",
              6},
             {"attention pass=backward batch=1 heads=8 kv_len=512 head_dim=256 dtype=f16", 7},
         })
        CHECK(check_space(backward(), text) == count);
}

TEST_CASE("gradients of queries come from a step of their own or from atomics", "[attention_mma]") {
    const DeviceModel model = cards()[1];
    const Problem problem =
        problem_of("attention pass=backward batch=2 heads=8 kv_heads=2 q_len=100 kv_len=300 "
                   "head_dim=64 dtype=bf16 causal=true");
    Config config = *backward().fallback(problem, model);
    const Program exact = backward().emit(problem, config, model);
    CHECK(exact.numerics.deterministic);
    CHECK(exact.zero_init.empty());
    CHECK(exact.workspace_bytes.value(problem) == 4 * 2 * 8 * 100);

    config.set("DETERMINISTIC", std::int64_t{0});
    const Program atomic = backward().emit(problem, config, model);
    CHECK_FALSE(atomic.numerics.deterministic);
    REQUIRE(atomic.zero_init.size() == 1);
    CHECK(atomic.zero_init[0].offset_bytes.value(problem) == 4 * 2 * 8 * 100);
    CHECK(atomic.zero_init[0].bytes.value(problem) == 4 * 2 * 8 * 100 * 64);
}

TEST_CASE("one compiled config serves every length and batch", "[attention_mma]") {
    const DeviceModel model = cards()[1];
    const auto program = [&](const char* text) {
        const Problem problem = problem_of(text);
        return digest(family().emit(problem, *family().fallback(problem, model), model));
    };
    CHECK(program("attention batch=1 heads=8 kv_len=64 head_dim=64 dtype=bf16") ==
          program("attention batch=9 heads=8 kv_len=777 head_dim=64 dtype=bf16"));
}

TEST_CASE("split keys leave partial outputs and sums to a step that combines", "[attention_mma]") {
    const DeviceModel model = cards()[1];
    const Problem problem = problem_of("attention batch=5 heads=32 kv_heads=8 q_len=1 kv_len=4096 "
                                       "head_dim=128 dtype=bf16");
    Config config = *family().fallback(problem, model);
    CHECK(family().emit(problem, config, model).workspace_bytes.value(problem) == 0);
    config.set("BQ", std::int64_t{16});
    config.set("SPLIT", std::int64_t{8});
    config.set("PACK", std::int64_t{4});
    const Program program = family().emit(problem, config, model);
    REQUIRE(program.steps.size() == 2);
    CHECK(program.workspace_bytes.value(problem) == 4 * 8 * 5 * 32 * (128 + 1));
    CHECK(program.steps[0].grid[0].value(problem) == 8 * 8 * 5);
    CHECK(program.steps[1].grid[0].value(problem) == 5 * 32);
}

TEST_CASE("what is not supported is refused with a reason", "[attention_mma]") {
    const auto reason = [](const char* text, const DeviceModel& model) {
        return family().supports(problem_of(text), model).reason;
    };
    const DeviceModel t4 = cards()[0], a100 = cards()[1];
    CHECK(reason("attention batch=1 heads=1 kv_len=9 head_dim=72 dtype=bf16", a100) == "");
    CHECK_THAT(reason("attention batch=1 heads=1 kv_len=9 head_dim=64 dtype=bf16", t4),
               Catch::Contains("bf16"));
    CHECK_THAT(reason("attention batch=1 heads=1 kv_len=9 head_dim=64 dtype=f32", a100),
               Catch::Contains("f32"));
    CHECK_THAT(reason("attention batch=1 heads=1 kv_len=9 head_dim=320 dtype=f16", a100),
               Catch::Contains("320"));
    CHECK_THROWS_AS(
        family().emit(problem_of("attention batch=1 heads=1 kv_len=9 head_dim=64 dtype=f16"),
                      Config::parse("BQ=64 BKV=64"), a100),
        Error);
}

TEST_CASE("a sample of configs compiles for its architecture, the guesses with few spills at most",
          "[attention_mma][nvrtc]") {
    if (!compiler()) HONE_SKIP("no NVRTC");
    const std::vector<DeviceModel> all = cards();
    std::mt19937_64 random(seed());
    for (const char* text : {
             "attention batch=2 heads=16 kv_len=1024 head_dim=128 dtype=f16 causal=true",
             "attention batch=2 heads=32 kv_heads=8 q_len=1 kv_len=4096 head_dim=64 dtype=bf16 "
             "page_size=16 lse=true",
         })
        check_compiles(family(), text, all[random() % all.size()], 1, 64);
    check_compiles(backward(),
                   "attention pass=backward batch=2 heads=16 kv_len=1024 head_dim=128 dtype=f16",
                   all[random() % all.size()], 1, 64);
}

TEST_CASE("a sample of configs is right in the emulator", "[attention_mma][emu]") {
    if (!backend("emu")) HONE_SKIP("no emulator");
    const std::array archs{"sm_75", "sm_80", "sm_86", "sm_89", "sm_120"};
    const std::array texts{
        "attention batch=1 heads=2 kv_len=200 head_dim=64 dtype=f16 causal=true lse=true",
        "attention batch=2 heads=4 kv_heads=2 lengths.distribution=uniform lengths.low=10 "
        "lengths.high=150 head_dim=64 dtype=bf16 causal=true variable_q=true window=40",
        "attention batch=2 heads=8 kv_heads=2 q_len=1 lengths.distribution=uniform lengths.low=10 "
        "lengths.high=300 head_dim=128 dtype=bf16 page_size=16",
        "attention batch=1 heads=2 q_len=40 kv_len=100 head_dim=96 dtype=f16 layout=bhsd "
        "softcap=20.0",
    };
    // Which architecture runs which problem rotates with the commit.
    for (std::size_t i = 0; i < texts.size(); ++i)
        check_runs(family(), texts[i], archs[(seed() + i) % archs.size()], 1);
    check_runs(backward(),
               "attention pass=backward batch=1 heads=4 kv_heads=2 kv_len=150 head_dim=64 "
               "dtype=f16 causal=true",
               archs[seed() % archs.size()], 1);
}
