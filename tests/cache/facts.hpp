// Facts for the tests of this room: one written out, and random ones.
#pragma once

#include "hone/fact.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

namespace hone::test {

// Every field set, none to its default.
inline Fact full_fact() {
    Fact fact;
    fact.problem = "gemm m=4096 n=6144 k=4096 batch=1 a=bf16 b=bf16 acc=f32 d=bf16 layout=nt";
    fact.family = "gemm_cpu";
    fact.revision = 3;
    fact.config = "BK=64 BM=128 BN=96 threads=2";
    fact.device = "cpu vendor=AuthenticAMD family=25 model=17 stepping=1 threads=2";
    fact.toolchain = "hone 0.1.0; clang 19.1.7";
    fact.policy = "cpu-warm/1";
    for (std::size_t i = 0; i < fact.sitting.size(); ++i)
        fact.sitting[i] = static_cast<std::uint8_t>(16 + i);
    fact.stage = Stage::final;
    fact.outcome = Outcome::wrong_result;
    fact.time = {.count = 31,
                 .min_ps = 1'000'000,
                 .q1_ps = 1'010'000,
                 .median_ps = 1'020'000,
                 .q3_ps = 1'030'000,
                 .low_ps = 1'015'000,
                 .high_ps = 1'025'000,
                 .dropped = 2,
                 .clock_khz = 3'700'000,
                 .throttle_bits = 5,
                 .noisy = true};
    fact.baseline = digest("baseline");
    fact.baseline_median_ps = 2'000'000;
    fact.kernel_error = {1, 23};
    fact.total_error = {24, 255};
    fact.plain_error = {256, 65'536};
    fact.energy_uj = 4'294'967'296;
    fact.workspace_bytes = 1 << 20;
    fact.program = digest("program");
    fact.deterministic = true;
    fact.batch_invariant = true;
    fact.leading = {4096, -1, 1 << 30};
    fact.detail = "d[17, 3]: expected 0.25, got -0.25 (2 ulp \u00d7 8)";
    fact.origin = Origin::imported;
    fact.tool = "hone 0.1.0";
    fact.host = "b5a1";
    fact.unix_time = 1'800'000'000;
    return fact;
}

inline rc::Gen<std::string> text() {
    const auto piece = rc::gen::elementOf(
        std::vector<std::string>{"a", "Z", "0", "=", " ", "/", "\n", "\u00e9", "\u20ac", "_", "9"});
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const auto& all) {
        std::string joined;
        for (const std::string& one : all) joined += one;
        return joined;
    });
}

inline rc::Gen<Digest> any_digest() {
    return rc::gen::map(rc::gen::inRange(0, 50),
                        [](int i) { return i == 0 ? Digest{} : digest(std::to_string(i)); });
}

inline rc::Gen<SittingId> any_sitting() {
    return rc::gen::map(rc::gen::inRange(0, 6), [](int i) {
        SittingId id{};
        id.fill(static_cast<std::uint8_t>(i));
        return id;
    });
}

// Numbers of every encoded length.
inline std::uint64_t any_number() {
    const auto shift = *rc::gen::inRange(0, 64);
    return *rc::gen::arbitrary<std::uint64_t>() >> shift;
}

// Any fact that can be encoded.
inline Fact any_fact() {
    Fact fact;
    fact.problem = *text();
    fact.family = *text();
    fact.revision = static_cast<std::uint32_t>(any_number());
    fact.config = *text();
    fact.device = *text();
    fact.toolchain = *text();
    fact.policy = *text();
    fact.sitting = *rc::gen::arbitrary<SittingId>();
    fact.stage = static_cast<Stage>(*rc::gen::inRange(0, 3));
    fact.outcome = static_cast<Outcome>(*rc::gen::inRange(0, outcome_count));
    for (std::uint64_t* number :
         {&fact.time.count, &fact.time.min_ps, &fact.time.q1_ps, &fact.time.median_ps,
          &fact.time.q3_ps, &fact.time.low_ps, &fact.time.high_ps, &fact.time.dropped,
          &fact.time.clock_khz, &fact.baseline_median_ps, &fact.kernel_error.frobenius_ppt,
          &fact.kernel_error.componentwise_ppt, &fact.total_error.frobenius_ppt,
          &fact.total_error.componentwise_ppt, &fact.plain_error.frobenius_ppt,
          &fact.plain_error.componentwise_ppt, &fact.energy_uj, &fact.workspace_bytes,
          &fact.unix_time})
        *number = any_number();
    fact.time.throttle_bits = static_cast<std::uint32_t>(any_number());
    fact.time.noisy = *rc::gen::arbitrary<bool>();
    fact.baseline = *any_digest();
    fact.program = *any_digest();
    fact.deterministic = *rc::gen::arbitrary<bool>();
    fact.batch_invariant = *rc::gen::arbitrary<bool>();
    fact.leading = *rc::gen::resize(20, rc::gen::arbitrary<std::vector<std::int64_t>>());
    fact.detail = *text();
    fact.origin = static_cast<Origin>(*rc::gen::inRange(0, 2));
    fact.tool = *text();
    fact.host = *text();
    return fact;
}

// Facts of one problem from few values, so that configs, sittings and ties meet each other.
inline Fact rival_fact() {
    Fact fact = full_fact();
    fact.config = "BM=" + std::to_string(*rc::gen::inRange(1, 6));
    fact.toolchain = "hone " + std::to_string(*rc::gen::inRange(0, 2));
    fact.sitting = *any_sitting();
    fact.stage = *rc::gen::elementOf(std::vector{Stage::screen, Stage::final, Stage::final});
    fact.outcome = *rc::gen::elementOf(
        std::vector{Outcome::ok, Outcome::ok, Outcome::ok, Outcome::ok, Outcome::hang});
    fact.baseline = *rc::gen::elementOf(std::vector{digest("one"), digest("one"), digest("two")});
    fact.baseline_median_ps = static_cast<std::uint64_t>(*rc::gen::inRange(990, 1010));
    fact.time.median_ps = static_cast<std::uint64_t>(*rc::gen::inRange(495, 505));
    fact.time.high_ps = fact.time.median_ps + static_cast<std::uint64_t>(*rc::gen::inRange(0, 4));
    fact.total_error.frobenius_ppt = static_cast<std::uint64_t>(*rc::gen::inRange(0, 3)) * 300;
    fact.workspace_bytes = static_cast<std::uint64_t>(*rc::gen::inRange(0, 3));
    return fact;
}

} // namespace hone::test

namespace rc {
template <> struct Arbitrary<hone::Fact> {
    static Gen<hone::Fact> arbitrary() {
        return gen::exec([] { return hone::test::any_fact(); });
    }
};
} // namespace rc
