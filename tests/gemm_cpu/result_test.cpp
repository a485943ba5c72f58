#include "fixture.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <random>

using namespace hone;
using namespace hone::test;

TEST_CASE("the fallback is right for all extents, layouts and flags", "[gemm_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    GemmRunner runner;
    std::vector<Gemm> cases;
    for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn, Layout::tt}) {
        cases.push_back(shaped(1, 1, 1, layout));
        cases.push_back(shaped(67, 130, 300, layout));
        Gemm gemm = shaped(13, 33, 17, layout);
        gemm.batch = 3;
        gemm.scale = Scale::alpha_beta;
        gemm.c = DType::f32;
        gemm.leading = {true, 4};
        cases.push_back(gemm);
        gemm.a = gemm.b = gemm.d = DType::bf16;
        gemm.leading = {true, 16};
        cases.push_back(gemm);
        gemm.a = gemm.b = gemm.d = gemm.c = DType::f64;
        cases.push_back(gemm);
        gemm = shaped(70, 50, 40, layout);
        gemm.a = gemm.b = gemm.d = DType::f64;
        gemm.epilogue = {EpilogueStep::bias, EpilogueStep::relu};
        cases.push_back(gemm);
    }
    Gemm gemm = shaped(29, 70, 600);
    gemm.accumulate = true;
    cases.push_back(gemm);
    gemm.scale = Scale::alpha;
    gemm.d = DType::bf16;
    cases.push_back(gemm);
    gemm.accumulate = false;
    for (const auto& steps : std::vector<std::vector<EpilogueStep>>{
             {EpilogueStep::bias},
             {EpilogueStep::relu},
             {EpilogueStep::bias, EpilogueStep::silu},
             {EpilogueStep::gelu, EpilogueStep::residual},
             {EpilogueStep::swiglu},
             {EpilogueStep::bias, EpilogueStep::swiglu, EpilogueStep::residual},
             {EpilogueStep::bias, EpilogueStep::gelu_tanh, EpilogueStep::residual}}) {
        gemm.epilogue = steps;
        for (const DType d : {DType::f32, DType::bf16}) {
            gemm.d = d;
            cases.push_back(gemm);
        }
    }
    for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn, Layout::tt})
        for (const std::int64_t group : {0, 20, 64})
            for (const DType a : {DType::f32, DType::bf16}) {
                gemm = shaped(37, 70, 320, layout);
                gemm.a = gemm.d = a;
                gemm.b = DType::s8;
                gemm.group = group;
                cases.push_back(gemm);
                gemm.m = 3;
                cases.push_back(gemm);
            }
    for (const Layout layout : {Layout::nn, Layout::nt, Layout::tt})
        for (const auto& [a, b, name] : {std::tuple{DType::f32, DType::f32, "packed:cpu-nr32/1"},
                                         {DType::bf16, DType::bf16, "packed:cpu-nr16/1"},
                                         {DType::bf16, DType::bf16, "packed:cpu-nr48-pairs/1"},
                                         {DType::bf16, DType::s8, "packed:cpu-nr32-pairs/1"},
                                         {DType::f32, DType::s8, "packed:cpu-nr32/1"}}) {
            gemm = shaped(29, 70, 131, layout);
            gemm.a = gemm.d = a;
            gemm.b = b;
            gemm.b_layout = name;
            gemm.batch = 2;
            if (!family().supports(gemm.problem(), runner.model()).yes)
                continue; // narrower vectors
            cases.push_back(gemm);
            gemm.m = 3;
            cases.push_back(gemm);
        }
    for (const Gemm& c : cases) {
        const Problem problem = c.problem();
        INFO(text(c));
        REQUIRE(family().supports(problem, runner.model()).yes);
        const auto config = family().fallback(problem, runner.model());
        REQUIRE(config);
        CHECK(runner.check(c, *config) == "");
    }
}

TEST_CASE("one compiled fallback serves every extent", "[gemm_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    const DeviceModel model = backend()->devices("")[0].model;
    const auto program = [&](const Gemm& gemm) {
        return family().emit(gemm.problem(), *family().fallback(gemm.problem(), model), model);
    };
    Gemm large = shaped(1000, 2000, 3000, Layout::nt);
    large.batch = 2;
    CHECK(digest(program(shaped(1, 7, 5, Layout::nt))) == digest(program(large)));
    CHECK(digest(program(shaped(1, 7, 5, Layout::nn))) != digest(program(large)));
}

namespace {

// Problems of all kinds, each with a config drawn from its space.
void check_drawn(GemmRunner& runner, int count) {
    std::mt19937_64 random(seed());
    const auto pick = [&](std::initializer_list<std::int64_t> list) {
        return list.begin()[random() % list.size()];
    };
    for (int i = 0; i < count; ++i) {
        Gemm gemm = shaped(pick({1, 2, 3, 8, 13, 50, 100}), pick({1, 5, 16, 33, 100, 260}),
                           pick({1, 7, 16, 37, 130, 520}), static_cast<Layout>(random() % 4));
        gemm.batch = pick({1, 1, 1, 2, 5});
        gemm.a = gemm.b = random() % 3 ? DType::f32 : DType::bf16;
        gemm.d = random() % 3 ? gemm.a : DType::f32;
        if (random() % 4 == 0) {
            gemm.b = DType::s8;
            gemm.group = pick({0, 0, gemm.k, gemm.k % 10 == 0 ? 10 : 0});
        }
        if (random() % 4 == 0) {
            gemm.b_layout = "packed:cpu-nr" + std::to_string(pick({16, 32, 48}));
            gemm.b_layout += random() % 2 ? "-pairs/1" : "/1";
        }
        if (random() % 4 == 0) gemm.epilogue = {EpilogueStep::bias, EpilogueStep::silu};
        if (random() % 4 == 0 && gemm.n % 2 == 0)
            gemm.epilogue = {EpilogueStep::bias, EpilogueStep::swiglu};
        if (random() % 4 == 0) {
            gemm.scale = Scale::alpha_beta;
            gemm.c = gemm.d;
        }
        if (random() % 3 == 0) gemm.leading = {true, 8};
        if (random() % 6 == 0) {
            gemm.a = gemm.b = gemm.d = DType::f64;
            if (gemm.c != DType::none) gemm.c = DType::f64;
            gemm.group = 0;
            gemm.epilogue.clear();
        }
        const Problem problem = gemm.problem();
        if (!family().supports(problem, runner.model()).yes) {
            REQUIRE_FALSE(gemm.b_layout.empty()); // everything else is supported everywhere
            continue;
        }
        const SearchSpace space = family().space(problem, runner.model());
        const auto index = space.sample(random);
        REQUIRE(index);
        const Config config = space.config(*index);
        INFO(text(gemm) << "\n" << config.canonical_text());
        CHECK(runner.check(gemm, config, random()) == "");
    }
}

} // namespace

TEST_CASE("any legal config gives the right result", "[gemm_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    GemmRunner runner;
    check_drawn(runner, 50);
}

TEST_CASE("the first tiles that meet a panel of B leave a copy for the rest", "[gemm_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    GemmRunner runner;
    for (const Layout layout : {Layout::nn, Layout::tn})
        for (const auto& [m, n, k] : {std::tuple{70, 333, 130}, {5, 96, 37}, {100, 31, 300}})
            for (const std::int64_t keep_a : {0, 1}) {
                Gemm gemm = shaped(m, n, k, layout);
                gemm.b = m == 70 ? DType::bf16 : DType::f32; // widened on the way
                gemm.a = gemm.b;
                gemm.batch = m == 5 ? 3 : 1;
                INFO(text(gemm) << keep_a);
                Config config = *family().fallback(gemm.problem(), runner.model());
                for (const auto& [name, value] : {std::pair{"PANELS", 1L},
                                                  {"FUSE_B", 1L},
                                                  {"PREFETCH_B", 1L},
                                                  {"PAIRS", 0L},
                                                  {"KC", 64L},
                                                  {"MC", 48L},
                                                  {"NC", 128L},
                                                  {"KEEP_A", keep_a}})
                    config.set(name, std::int64_t{value});
                config.set("MODE", std::string("outer"));
                CHECK(runner.check(gemm, config) == "");
            }
}

TEST_CASE("kernels for processors with AVX2 only are right", "[gemm_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    auto runner = GemmRunner::with({"avx2", "bmi2", "f16c", "fma"});
    if (!runner) HONE_SKIP("no AVX2 here");
    check_drawn(*runner, 20);
    for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn, Layout::tt})
        for (const std::int64_t m : {1, 70}) {
            const Gemm gemm = shaped(m, 130, 300, layout);
            INFO(text(gemm));
            CHECK(runner->check(gemm, *family().fallback(gemm.problem(), runner->model())) == "");
            for (const Config& seed : family().seeds(gemm.problem(), runner->model()))
                CHECK(runner->check(gemm, seed) == "");
        }
}
