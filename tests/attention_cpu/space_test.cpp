#include "hone/error.hpp"
#include "tests/attention_cpu/fixture.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <cmath>
#include <random>

using namespace hone;
using namespace hone::test;

namespace {

DeviceModel model(std::vector<std::string> features, std::int64_t cores) {
    DeviceModel device;
    device.backend = "cpu";
    device.arch = "x86-64";
    device.name = "AuthenticAMD/25/17/1";
    device.features = std::move(features);
    device.cores = cores;
    device.l1_bytes = 32 << 10;
    device.l2_bytes = 1 << 20;
    device.l3_bytes = 32 << 20;
    return device;
}

const DeviceModel wide = model({"avx2", "avx512bf16", "avx512f", "avx512vl", "f16c", "fma"}, 4);
const DeviceModel narrow = model({"avx2", "f16c", "fma"}, 1);
const DeviceModel plain = model({}, 1);

constexpr const char* shapes[] = {
    "attention batch=1 heads=8 q_len=1024 kv_len=1024 head_dim=64 dtype=f32",
    "attention batch=2 heads=32 kv_heads=8 q_len=1 kv_len=4096 head_dim=128 dtype=bf16",
    "attention batch=1 heads=2 q_len=30 kv_len=30 head_dim=96 dtype=bf16 causal=true lse=true",
};

} // namespace

TEST_CASE("spaces are large, and seeds and fallback are in them", "[attention_cpu]") {
    for (const DeviceModel& device : {wide, narrow, plain})
        for (const char* shape : shapes) {
            CAPTURE(shape);
            const Problem problem = parsed(shape);
            const SearchSpace space = family().space(problem, device);
            const auto count = space.legal_count();
            REQUIRE(count);
            CHECK(*count > 5000);
            auto configs = family().seeds(problem, device);
            configs.push_back(*family().fallback(problem, device));
            for (const Config& config : configs) {
                CAPTURE(config.canonical_text());
                const auto index = space.find(config);
                REQUIRE(index);
                CHECK(space.broken_constraint(*index) == "");
            }
        }
}

TEST_CASE("every legal config can be emitted, the same each time", "[attention_cpu]") {
    std::mt19937_64 random(seed());
    for (const DeviceModel& device : {wide, narrow, plain})
        for (const char* shape : shapes) {
            const Problem problem = parsed(shape);
            const SearchSpace space = family().space(problem, device);
            for (int i = 0; i < 200; ++i) {
                const Config config = space.config(space.sample(random).value());
                CAPTURE(config.canonical_text());
                const Program program = family().emit(problem, config, device);
                CHECK(digest(program) == digest(family().emit(problem, config, device)));
                CHECK(program.numerics.deterministic);
            }
        }
}

TEST_CASE("one compiled fallback serves every extent", "[attention_cpu]") {
    const auto program = [&](const char* text) {
        const Problem problem = parsed(text);
        return family().emit(problem, *family().fallback(problem, wide), wide);
    };
    const auto small = program("attention batch=1 heads=1 q_len=1 kv_len=3 head_dim=5 dtype=f32");
    const auto large = program(
        "attention batch=7 heads=32 kv_heads=4 q_len=777 kv_len=9000 head_dim=128 dtype=f32");
    CHECK(digest(small) == digest(large));
    // Flags and lengths need no other code, only other arguments.
    const auto flags = program("attention batch=1 heads=1 q_len=1 kv_len=3 head_dim=5 dtype=f32 "
                               "causal=true softcap=3.0 window=4 lse=true");
    REQUIRE(flags.modules.size() == small.modules.size());
    for (std::size_t i = 0; i < flags.modules.size(); ++i)
        CHECK(digest(flags.modules[i]) == digest(small.modules[i]));
}

TEST_CASE("a config outside of the space is refused", "[attention_cpu]") {
    const Problem problem = parsed(shapes[0]);
    const Config good = family().seeds(problem, narrow).at(0);
    const auto with = [&](const char* name, Value value) {
        Config config = good;
        config.set(name, std::move(value));
        return config;
    };
    CHECK_NOTHROW(family().emit(problem, good, narrow));
    for (const Config& config :
         {with("VL", std::int64_t{16}), with("VL", std::int64_t{4}), with("MK", std::int64_t{14}),
          with("MV", std::int64_t{0}), with("NV", std::int64_t{9}), with("PAIRS", std::int64_t{1}),
          with("EXP_DEGREE", std::int64_t{2}), with("MODE", std::string("inner")),
          with("BK", std::string("many")), with("SPLIT", std::int64_t{0}),
          Config::parse("MODE=tiles VL=8 MK=4")}) {
        CAPTURE(config.canonical_text());
        CHECK_THROWS_AS(family().emit(problem, config, narrow), Error);
    }
}

TEST_CASE("what is not supported is refused with a reason", "[attention_cpu]") {
    const auto reason = [](const char* text, const DeviceModel& device) {
        const Support support = family().supports(parsed(text), device);
        CHECK(support.yes == support.reason.empty());
        return support.reason;
    };
    const char* half = "attention batch=1 heads=1 q_len=4 kv_len=4 head_dim=64 dtype=f16";
    CHECK(reason(half, wide) == "");
    CHECK_THAT(reason(half, plain), Catch::Contains("f16"));
    CHECK(reason(shapes[0], plain) == "");
    DeviceModel gpu = wide;
    gpu.backend = "cuda";
    CHECK_THAT(reason(shapes[0], gpu), Catch::Contains("cpu"));
}

TEST_CASE("features have the same names for every config of a space", "[attention_cpu]") {
    std::mt19937_64 random(seed());
    const Problem problem = parsed(shapes[1]);
    const SearchSpace space = family().space(problem, wide);
    const auto names = [&](const Config& config) {
        std::vector<std::string> list;
        for (const auto& [name, value] : family().features(problem, config, wide)) {
            CHECK(std::isfinite(value));
            list.push_back(name);
        }
        return list;
    };
    const auto expected = names(*family().fallback(problem, wide));
    CHECK_FALSE(expected.empty());
    for (int i = 0; i < 50; ++i)
        CHECK(names(space.config(space.sample(random).value())) == expected);
}
