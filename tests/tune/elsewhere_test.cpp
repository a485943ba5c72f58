#include "cache/memory_store.hpp"
#include "lib/tune/elsewhere.hpp"
#include "tests/catch.hpp"
#include "tests/op/problems.hpp"

#include <cmath>
#include <map>

using namespace hone;

namespace {

const auto operations = test::core_operations();

Problem problem_of(const std::string& text) { return parse_problem(text, operations).problem; }

std::string key_of(const std::string& text) {
    const WorkloadItem item = parse_problem(text, operations);
    return canonical_text(item.operation->schema(), item.problem);
}

Fact fact_of(const std::string& problem, const std::string& device, std::int64_t tile,
             std::uint64_t median_ps, Outcome outcome = Outcome::ok) {
    Fact fact;
    fact.problem = key_of(problem);
    fact.device = device;
    fact.family = "tiles";
    fact.revision = 3;
    fact.config = "tile=" + std::to_string(tile);
    fact.policy = "p/1";
    fact.outcome = outcome;
    fact.time.count = 3;
    fact.time.median_ps = median_ps;
    return fact;
}

SearchSpace tile_space() {
    return {{{"tile", {std::int64_t{16}, std::int64_t{32}, std::int64_t{64}}}},
            {Constraint::expression("tile < 64")}};
}

// Ratios by tile, of what is known for `problem` on device "here".
std::map<std::int64_t, double> ratios(const std::vector<Fact>& facts, const std::string& problem) {
    cache::MemoryStore store;
    std::vector<Record> records;
    for (const Fact& fact : facts) records.push_back(encode(fact));
    store.append(records);
    const std::vector<Store*> stores = {&store};
    const Elsewhere elsewhere(stores, operations, [](const std::string& text) { FAIL(text); });
    const SearchSpace space = tile_space();
    std::map<std::int64_t, double> result;
    for (const Prior& prior : elsewhere.prior(problem_of(problem), "here", "tiles", 3, space))
        result[space.config(prior.config).integer("tile")] = std::exp(prior.log_ratio);
    return result;
}

const std::string base = "gemm m=64 n=512 k=512 a=f32";

} // namespace

TEST_CASE("other devices and neighbouring shapes teach a search, what is known here does not",
          "[tune]") {
    using Ratios = std::map<std::int64_t, double>;
    const auto check = [](const std::vector<Fact>& facts, const Ratios& expected) {
        const Ratios got = ratios(facts, base);
        REQUIRE(got.size() == expected.size());
        for (const auto& [tile, ratio] : expected) CHECK(got.at(tile) == Approx(ratio));
    };
    check({fact_of(base, "there", 16, 100), fact_of(base, "there", 32, 300)}, {{16, 1}, {32, 3}});
    check({fact_of(base, "here", 16, 100)}, {});
    check({fact_of("gemm m=128 n=512 k=512 a=f32", "here", 32, 100)}, {{32, 1}});
    // Another type is another problem; so is a shape too far.
    check({fact_of("gemm m=64 n=512 k=512 a=bf16", "here", 32, 100)}, {});
    check({fact_of("gemm m=2048 n=512 k=512 a=f32", "here", 32, 100)}, {});
    // Not legal here, failed, or of another revision.
    check({fact_of(base, "there", 64, 100), fact_of(base, "there", 32, 200)}, {{32, 2}});
    check({fact_of(base, "there", 16, 100, Outcome::crash)}, {});
    Fact other = fact_of(base, "there", 16, 100);
    other.revision = 2;
    check({other}, {});
}

TEST_CASE("imported facts of this very problem and device are seeds", "[tune]") {
    Fact imported = fact_of(base, "here", 16, 100);
    imported.origin = Origin::imported;
    imported.revision = 0;
    CHECK(ratios({imported}, base).size() == 1);
}

TEST_CASE("nearer places weigh more, and the last stage counts", "[tune]") {
    const std::string next = "gemm m=128 n=512 k=512 a=f32";
    Fact final = fact_of(next, "here", 32, 200);
    final.stage = Stage::final;
    const auto got = ratios({fact_of(next, "here", 16, 100), fact_of(next, "here", 32, 900), final,
                             fact_of(base, "there", 16, 100), fact_of(base, "there", 32, 800)},
                            base);
    // One doubling here and another device weigh the same: the means of log 2 and log 8.
    CHECK(got.at(16) == Approx(1));
    CHECK(got.at(32) == Approx(4));
}
