#include "tests/attention_cpu/fixture.hpp"
#include "tests/property.hpp"
#include "tests/seed.hpp"

#include <random>
#include <string>
#include <vector>

using namespace hone;
using namespace hone::test;

namespace {

// Every flag, lengths around blocks, and lengths of 1.
constexpr const char* problems[] = {
    "attention batch=1 heads=2 q_len=1 kv_len=1 head_dim=64 dtype=f32",
    "attention batch=1 heads=1 q_len=1 kv_len=1 head_dim=1 dtype=f32",
    "attention batch=1 heads=3 q_len=100 kv_len=131 head_dim=64 dtype=f32 lse=true",
    "attention batch=1 heads=2 q_len=130 kv_len=130 head_dim=64 dtype=f32 causal=true lse=true",
    "attention batch=1 heads=2 q_len=300 kv_len=300 head_dim=96 dtype=f32 causal=true layout=bhsd",
    "attention batch=1 heads=2 q_len=40 kv_len=20 head_dim=64 dtype=f32 causal=true lse=true",
    "attention batch=1 heads=2 q_len=20 kv_len=777 head_dim=128 dtype=f32 causal=true",
    "attention batch=1 heads=2 q_len=150 kv_len=150 head_dim=64 dtype=f32 causal=true window=17 "
    "lse=true",
    "attention batch=1 heads=2 q_len=150 kv_len=350 head_dim=64 dtype=f32 window=100",
    "attention batch=1 heads=2 q_len=60 kv_len=10 head_dim=64 dtype=f32 causal=true window=3 "
    "lse=true",
    "attention batch=1 heads=2 q_len=50 kv_len=70 head_dim=64 dtype=f32 softcap=20.0 lse=true",
    "attention batch=1 heads=8 kv_heads=2 q_len=45 kv_len=90 head_dim=64 dtype=f32 causal=true",
    "attention batch=3 heads=6 kv_heads=2 q_len=33 kv_len=40 head_dim=80 dtype=f32 lse=true",
    "attention batch=1 heads=1 q_len=70 kv_len=70 head_dim=192 head_dim_v=128 dtype=f32 "
    "causal=true",
    "attention batch=1 heads=1 q_len=37 kv_len=61 head_dim=256 dtype=f32 explicit_scale=true",
    "attention batch=1 heads=2 q_len=37 kv_len=61 head_dim=33 head_dim_v=17 dtype=f32 lse=true",
    "attention batch=1 heads=2 q_len=64 kv_len=2000 head_dim=64 dtype=bf16 lse=true",
    "attention batch=1 heads=2 q_len=129 kv_len=129 head_dim=128 dtype=bf16 causal=true "
    "layout=bhsd",
    "attention batch=1 heads=4 kv_heads=1 q_len=31 kv_len=65 head_dim=35 dtype=bf16 softcap=10.0",
    "attention batch=1 heads=2 q_len=80 kv_len=99 head_dim=64 dtype=bf16 causal=true window=21",
    "attention batch=1 heads=2 q_len=50 kv_len=50 head_dim=64 dtype=f16 causal=true",
    "attention batch=4 heads=2 kv_heads=1 head_dim=64 dtype=f32 causal=true variable_q=true "
    "lengths.distribution=uniform lengths.low=1 lengths.high=150 lengths.seed=3 lse=true",
    "attention batch=3 heads=2 q_len=5 head_dim=64 dtype=bf16 causal=true "
    "lengths.distribution=uniform lengths.low=3 lengths.high=300 lengths.seed=5 lse=true",
    "attention batch=3 heads=4 kv_heads=2 q_len=40 head_dim=64 dtype=f32 page_size=16 causal=true "
    "lengths.distribution=zipf lengths.low=1 lengths.high=200 lengths.seed=7 lse=true",
    "attention batch=2 heads=2 q_len=9 kv_len=77 head_dim=64 dtype=bf16 page_size=7 layout=bhsd",
};

// Lengths of decoding: few queries, keys that do not divide evenly.
constexpr const char* decoding[] = {
    "attention batch=1 heads=8 q_len=1 kv_len=513 head_dim=64 dtype=f32 lse=true",
    "attention batch=1 heads=8 kv_heads=2 q_len=2 kv_len=1000 head_dim=128 dtype=bf16 causal=true",
    "attention batch=2 heads=4 q_len=8 kv_len=300 head_dim=96 dtype=f32 causal=true window=40",
    "attention batch=1 heads=2 q_len=3 kv_len=100 head_dim=256 dtype=f32 layout=bhsd softcap=15.0",
    "attention batch=1 heads=2 q_len=7 kv_len=3 head_dim=64 dtype=f32 causal=true lse=true",
    "attention batch=3 heads=4 kv_heads=1 q_len=1 head_dim=64 dtype=f32 page_size=24 "
    "lengths.distribution=uniform lengths.low=1 lengths.high=400 lengths.seed=2 lse=true",
    "attention batch=3 heads=2 q_len=1 head_dim=40 head_dim_v=24 dtype=bf16 "
    "lengths.distribution=uniform lengths.low=1 lengths.high=400 lengths.seed=2",
    "attention batch=1 heads=2 q_len=1 kv_len=90 head_dim=64 dtype=f16 explicit_scale=true",
};

constexpr const char* backward[] = {
    "attention pass=backward batch=1 heads=1 q_len=1 kv_len=1 head_dim=64 dtype=f32",
    "attention pass=backward batch=2 heads=2 q_len=70 kv_len=90 head_dim=64 dtype=f32",
    "attention pass=backward batch=1 heads=2 q_len=130 kv_len=130 head_dim=64 dtype=f32 "
    "causal=true",
    "attention pass=backward batch=1 heads=4 kv_heads=2 q_len=50 kv_len=33 head_dim=64 "
    "head_dim_v=40 dtype=f32 causal=true layout=bhsd",
    "attention pass=backward batch=1 heads=2 q_len=100 kv_len=100 head_dim=32 dtype=f32 "
    "causal=true window=9 softcap=8.0",
    "attention pass=backward batch=1 heads=2 q_len=90 kv_len=120 head_dim=128 dtype=bf16 "
    "explicit_scale=true",
    "attention pass=backward batch=3 heads=4 kv_heads=2 head_dim=64 dtype=bf16 causal=true "
    "variable_q=true lengths.distribution=uniform lengths.low=1 lengths.high=120 lengths.seed=4",
    "attention pass=backward batch=2 heads=2 q_len=7 head_dim=24 dtype=f32 window=11 "
    "lengths.distribution=uniform lengths.low=1 lengths.high=120 lengths.seed=4",
};

void check_fallback(AttentionRunner& runner, const char* text) {
    INFO(text);
    const Problem problem = parsed(text);
    REQUIRE(family().supports(problem, runner.model()).yes);
    const auto config = family().fallback(problem, runner.model());
    REQUIRE(config);
    CHECK(runner.check(family(), problem, *config, seed()) == "");
}

} // namespace

TEST_CASE("the fallback is right for all flags and lengths", "[attention_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    AttentionRunner runner;
    for (const char* text : problems) check_fallback(runner, text);
    for (const char* text : decoding) check_fallback(runner, text);
}

TEST_CASE("gradients are right for all flags and lengths", "[attention_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    AttentionRunner runner;
    const KernelFamily& gradients = family("attention_backward_cpu");
    std::mt19937_64 random(seed());
    for (const char* text : backward) {
        const Problem problem = parsed(text);
        REQUIRE(gradients.supports(problem, runner.model()).yes);
        auto configs = gradients.seeds(problem, runner.model());
        configs.push_back(*gradients.fallback(problem, runner.model()));
        const SearchSpace space = gradients.space(problem, runner.model());
        for (const Config& config : configs) {
            CAPTURE(config.canonical_text());
            CHECK(space.broken_constraint(space.find(config).value()) == "");
        }
        configs.push_back(space.config(space.sample(random).value()));
        for (const Config& config : configs) {
            INFO(text << "\n" << config.canonical_text());
            CHECK(runner.check(gradients, problem, config, seed(), false) == "");
        }
    }
}

TEST_CASE("first guesses are right", "[attention_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    AttentionRunner runner;
    std::vector<const char*> texts(std::begin(decoding), std::end(decoding));
    for (std::size_t i = 2; i < std::size(problems); i += 3) texts.push_back(problems[i]);
    for (const char* text : texts) {
        const Problem problem = parsed(text);
        for (const Config& config : family().seeds(problem, runner.model())) {
            INFO(text << "\n" << config.canonical_text());
            CHECK(runner.check(family(), problem, config, seed()) == "");
        }
    }
}

TEST_CASE("processors with fewer instructions get right kernels", "[attention_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    const std::vector<std::string> avx2{"avx", "avx2", "f16c", "fma"}, none{"none"};
    for (const auto& features : {avx2, none}) {
        AttentionRunner runner("", features);
        CAPTURE(runner.model().features.size());
        for (const char* text :
             {problems[2], problems[5], problems[8], problems[19], decoding[1]}) {
            const Problem problem = parsed(text);
            const auto fallback = family().fallback(problem, runner.model());
            INFO(text << "\n" << fallback->canonical_text());
            CHECK(runner.check(family(), problem, *fallback, seed()) == "");
        }
    }
}

TEST_CASE("the fallback is right for random small problems", "[attention_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    AttentionRunner runner;
    rc::prop("results are within the verifier's bounds", [&] {
        const auto between = [](std::int64_t low, std::int64_t high) {
            return *rc::gen::inRange(low, high + 1);
        };
        Attention attention;
        attention.batch = between(1, 3);
        attention.kv_heads = between(1, 3);
        attention.heads = attention.kv_heads * between(1, 4);
        attention.q_len = between(1, 70);
        attention.kv_len = between(1, 140);
        attention.head_dim = between(1, 70);
        attention.head_dim_v = between(1, 70);
        attention.dtype = *rc::gen::element(DType::f32, DType::bf16);
        attention.layout = *rc::gen::element(AttentionLayout::bshd, AttentionLayout::bhsd);
        attention.causal = *rc::gen::arbitrary<bool>();
        attention.window = *rc::gen::element<std::int64_t>(0, 0, 1, 30);
        attention.softcap = *rc::gen::element(0.0, 0.0, 12.5);
        attention.explicit_scale = *rc::gen::arbitrary<bool>();
        attention.lse = *rc::gen::arbitrary<bool>();
        attention.page_size = *rc::gen::element<std::int64_t>(0, 0, 1, 16, 33);
        if (attention.page_size > 0 || attention.layout == AttentionLayout::bshd) {
            if (*rc::gen::arbitrary<bool>()) {
                attention.lengths = {Lengths::Kind::uniform, 1, attention.kv_len, 3};
                attention.variable_q =
                    attention.layout == AttentionLayout::bshd && *rc::gen::arbitrary<bool>();
                if (attention.variable_q) attention.q_len = attention.kv_len;
            }
        }
        const Problem problem = attention.problem();
        RC_LOG(short_text(attention_operation().schema(), problem));
        const auto fallback = family().fallback(problem, runner.model());
        RC_ASSERT(runner.check(family(), problem, *fallback, seed(), false) == "");
    });
}

TEST_CASE("any legal config gives the right result", "[attention_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    AttentionRunner runner;
    std::mt19937_64 random(seed());
    for (int i = 0; i < 30; ++i) {
        const char* text = random() % 3 ? problems[random() % std::size(problems)]
                                        : decoding[random() % std::size(decoding)];
        const Problem problem = parsed(text);
        const SearchSpace space = family().space(problem, runner.model());
        const auto index = space.sample(random);
        REQUIRE(index);
        const Config config = space.config(*index);
        INFO(text << "\n" << config.canonical_text());
        CHECK(runner.check(family(), problem, config, random(), false) == "");
    }
}
