#include "fixture.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

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

const DeviceModel wide = model({"avx2", "avx512f", "avx512vl", "f16c", "fma"}, 4);
const DeviceModel narrow = model({"avx2", "f16c", "fma"}, 1);
const DeviceModel plain = model({}, 1);

} // namespace

TEST_CASE("the space of a problem is large, and seeds and fallback are in it", "[gemm_cpu]") {
    for (const DeviceModel& device : {wide, narrow, plain})
        for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn, Layout::tt})
            for (const auto& [m, n, k] : {std::tuple{1, 4096, 4096},
                                          {8, 4096, 4096},
                                          {128, 4096, 4096},
                                          {1024, 1024, 1024},
                                          {1000, 1000, 37},
                                          {1, 1, 1}}) {
                const Problem problem = shaped(m, n, k, layout).problem();
                const SearchSpace space = family().space(problem, device);
                CAPTURE(text(shaped(m, n, k, layout)));
                const auto count = space.legal_count();
                REQUIRE(count);
                if (m > 1) CHECK(*count > 5000);
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

TEST_CASE("every legal config can be emitted, the same each time", "[gemm_cpu]") {
    std::mt19937_64 random(seed());
    for (const DeviceModel& device : {wide, narrow, plain})
        for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn, Layout::tt}) {
            const Problem problem = shaped(100, 200, 300, layout).problem();
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

TEST_CASE("a config outside of the space is refused", "[gemm_cpu]") {
    const Problem problem = shaped(64, 64, 64, Layout::nt).problem();
    Config good = *family().fallback(problem, wide);
    good.set("MODE", std::string("outer"));
    const auto with = [&](const char* name, Value value) {
        Config config = good;
        config.set(name, std::move(value));
        return config;
    };
    const Config incomplete = Config::parse("MODE=outer VL=16 MR=4");
    for (const Config& config :
         {with("VL", std::int64_t{32}), with("VL", std::int64_t{4}), with("MR", std::int64_t{15}),
          with("MR", std::int64_t{0}), with("NR", std::int64_t{24}),
          with("PACK_B", std::int64_t{0}), with("MODE", std::string("inner")),
          with("KC", std::string("many")), with("KC", std::int64_t{0}),
          with("FUSE_B", std::int64_t{1}), with("THREADS_M", std::int64_t{3}), incomplete}) {
        CAPTURE(config.canonical_text());
        CHECK_THROWS_AS(family().emit(problem, config, wide), Error);
    }
}

TEST_CASE("what is not supported is refused with a reason", "[gemm_cpu]") {
    const auto reason = [](const Gemm& gemm, const DeviceModel& device) {
        const Support support = family().supports(gemm.problem(), device);
        CHECK(support.yes == support.reason.empty());
        return support.reason;
    };
    CHECK(reason(shaped(4, 4, 4), wide) == "");
    DeviceModel gpu = wide;
    gpu.backend = "cuda";
    CHECK_THAT(reason(shaped(4, 4, 4), gpu), Catch::Contains("cpu"));
    Gemm gemm = shaped(4, 4, 4);
    gemm.a = gemm.b = gemm.d = DType::f64;
    CHECK(reason(gemm, wide) == "");
    gemm.epilogue = {EpilogueStep::silu};
    CHECK_THAT(reason(gemm, wide), Catch::Contains("f64"));
    gemm.epilogue.clear();
    gemm.a = gemm.b = gemm.d = DType::f16;
    CHECK(reason(gemm, wide) == "");
    CHECK_THAT(reason(gemm, plain), Catch::Contains("f16"));
    gemm = shaped(4, 4, 4);
    gemm.b_layout = "packed:other/1";
    CHECK_THAT(reason(gemm, wide), Catch::Contains("packed:other/1"));
    for (const char* layout :
         {"packed:cpu-nr24/1", "packed:cpu-nr032/1", "packed:cpu-nr32/2", "packed:cpu-nr32-pairs/1",
          "packed:cpu-nr/1", "packed:cpu-nr-16/1"}) {
        gemm.b_layout = layout;
        CHECK_THAT(reason(gemm, wide), Catch::Contains(layout));
    }
    gemm.b_layout = "packed:cpu-nr32/1";
    CHECK(reason(gemm, wide) == "");
}

TEST_CASE("features have the same names for every config of a space", "[gemm_cpu]") {
    std::mt19937_64 random(seed());
    const Problem problem = shaped(100, 200, 300, Layout::nt).problem();
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
