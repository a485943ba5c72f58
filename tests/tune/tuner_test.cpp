// The whole tuner on the fake device: real workers, real verification, a virtual clock.
#include "cache/memory_store.hpp"
#include "hone/error.hpp"
#include "hone/tuner.hpp"
#include "tests/catch.hpp"
#include "tests/paths.hpp"
#include "tests/seed.hpp"

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <vector>

using namespace hone;

namespace {

Options fake_options() {
    Options options = Options::from_env();
    options.plugin_folders = {hone::test::fake_plugin_dir()};
    options.cache_folder.clear(); // compiles are free here, and tests must not share them
    return options;
}

class Watcher final : public Observer {
  public:
    void on_trial(const Fact& fact, const Progress&) override {
        facts.push_back(fact);
        if (stop_after > 0 && static_cast<int>(facts.size()) >= stop_after) stop = true;
    }
    void on_warning(std::string_view text) override { warnings.emplace_back(text); }
    void on_note(std::string_view text) override { notes.emplace_back(text); }

    std::vector<Fact> facts;
    std::vector<std::string> warnings, notes;
    int stop_after = 0;
    std::atomic<bool> stop = false;
};

struct Bench {
    Options options = fake_options();
    Registry registry{options};
    Device device = registry.devices("fake").front();
    cache::MemoryStore store;
    std::vector<Store*> stores = {&store};
    Watcher watcher;

    Workload workload(const std::string& text = "gemm m=24 n=36 k=20 a=f32") const {
        Workload workload;
        workload.items.push_back(parse_problem(text, registry.operations()));
        return workload;
    }
    TuneOptions tune_options(std::string family, std::string search = "exhaustive") {
        TuneOptions tune_options;
        tune_options.search = std::move(search);
        tune_options.families = {std::move(family)};
        tune_options.budget.trials = 1000;
        tune_options.budget.seconds = 60;
        tune_options.seed = test::seed();
        tune_options.jobs = 2;
        tune_options.compile_seconds = 0.5;
        tune_options.run_seconds = 0.5;
        tune_options.stop = &watcher.stop;
        return tune_options;
    }
    TuneResult tune_one(const TuneOptions& tune_options) {
        const TuneReport report =
            tune(registry, options, workload(), device, stores, tune_options, watcher);
        REQUIRE(report.results.size() == 1);
        kept = report.kept;
        return report.results.front();
    }
    bool kept = false;
};

constexpr const char* optimum = "loads=tensor_map tile=32 unroll=2";

} // namespace

TEST_CASE("tuning finds the known optimum and keeps a fact for every trial", "[tune]") {
    Bench bench;
    const TuneResult result = bench.tune_one(bench.tune_options("fake_plain"));
    REQUIRE(result.winner);
    CHECK(result.winner->config == optimum);
    CHECK(result.winner->family == "fake_plain");
    CHECK(static_cast<double>(result.winner->time.median_ps) == Approx(40e9).epsilon(0.02));
    REQUIRE(result.fallback);
    CHECK(result.fallback->time.median_ps > result.winner->time.median_ps);
    CHECK(result.failed.empty());
    CHECK(bench.kept);

    const auto records = bench.store.since({}, 100'000).records;
    const auto facts = effective_facts(records).facts;
    CHECK(facts.size() >= bench.watcher.facts.size());
    std::set<std::string> finals;
    for (const Fact& fact : facts) {
        if (fact.stage != Stage::final) continue;
        finals.insert(fact.config);
        CHECK(fact.baseline != Digest{});
        CHECK(fact.baseline_median_ps == result.fallback->time.median_ps);
    }
    CHECK(finals.contains(optimum));
    CHECK(finals.size() <= 6); // five finalists and the fallback
}

TEST_CASE("the next run starts from what is known", "[tune]") {
    Bench bench;
    const TuneResult first = bench.tune_one(bench.tune_options("fake_plain"));
    const std::size_t trials = bench.watcher.facts.size();
    bench.watcher.facts.clear();
    const TuneResult second = bench.tune_one(bench.tune_options("fake_plain"));
    CHECK(second.known > 0);
    CHECK(second.winner->config == first.winner->config);
    CHECK(bench.watcher.facts.size() < trials);
    for (const Fact& fact : bench.watcher.facts) // only the fallback is screened again
        CHECK((fact.stage != Stage::screen || fact.config == first.fallback->config));

    TuneOptions fresh = bench.tune_options("fake_plain");
    fresh.fresh = true;
    CHECK(bench.tune_one(fresh).known == 0);
}

TEST_CASE("candidates that misbehave are recorded with their outcome and never win", "[tune]") {
    Bench bench;
    const TuneResult result = bench.tune_one(bench.tune_options("fake_gemm"));
    REQUIRE(result.winner);
    CHECK(result.winner->config.find("mode=ok") != std::string::npos);
    CHECK(result.winner->config.find("tile=32 unroll=2") != std::string::npos);
    for (const Outcome expected : {Outcome::wrong_result, Outcome::not_finite, Outcome::crash,
                                   Outcome::hang, Outcome::illegal_access, Outcome::out_of_memory,
                                   Outcome::compile_failed, Outcome::compile_timeout}) {
        CAPTURE(to_string(expected));
        CHECK(result.failed.contains(expected));
    }
    for (const Fact& fact : bench.watcher.facts) {
        CAPTURE(fact.config);
        if (fact.outcome != Outcome::ok && fact.outcome != Outcome::censored)
            CHECK_FALSE(fact.detail.empty());
    }
}

TEST_CASE("a stop keeps the best so far", "[tune]") {
    Bench bench;
    bench.watcher.stop_after = 5;
    const TuneResult result = bench.tune_one(bench.tune_options("fake_plain", "random"));
    CHECK(result.interrupted);
    REQUIRE(result.winner);
    REQUIRE(result.fallback);
    CHECK(bench.kept);
}

TEST_CASE("with no store the result is there and said not to be kept", "[tune]") {
    Bench bench;
    bench.stores.clear();
    TuneOptions few = bench.tune_options("fake_plain", "random");
    few.budget.trials = 6;
    const TuneResult result = bench.tune_one(few);
    CHECK(result.winner);
    CHECK_FALSE(bench.kept);
    CHECK(bench.watcher.warnings.size() == 1);
}

TEST_CASE("a dry run measures nothing", "[tune]") {
    Bench bench;
    TuneOptions dry = bench.tune_options("fake_plain");
    dry.dry_run = true;
    const TuneResult result = bench.tune_one(dry);
    CHECK_FALSE(result.winner);
    CHECK(bench.watcher.facts.empty());
    CHECK(bench.watcher.notes.size() == 1);
    CHECK(bench.store.since({}, 10).records.empty());
}

TEST_CASE("a problem that no family serves says which are missing", "[tune]") {
    Bench bench;
    const Workload workload =
        bench.workload("attention batch=1 heads=2 q_len=8 kv_len=8 head_dim=64 dtype=f32");
    const TuneReport report = tune(bench.registry, bench.options, workload, bench.device,
                                   bench.stores, bench.tune_options("fake_plain"), bench.watcher);
    REQUIRE(report.results.size() == 1);
    CHECK_FALSE(report.results.front().winner);
    CHECK(report.results.front().missing.find("attention") != std::string::npos);
}

TEST_CASE("an unknown search is refused before any work", "[tune]") {
    Bench bench;
    try {
        (void)bench.tune_one(bench.tune_options("fake_plain", "locale"));
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.code() == Errc::unavailable);
    }
    CHECK(bench.watcher.facts.empty());
}

TEST_CASE("vendor libraries take part in the final, and the faster one is served", "[tune]") {
    Bench bench;
    TuneOptions all = bench.tune_options("fake_plain");
    all.families = {"fake_plain", "fake_vendor"};
    const TuneResult result = bench.tune_one(all);
    REQUIRE(result.winner);
    CHECK(result.winner->family == "fake_plain");
    REQUIRE(result.vendors.size() == 1);
    CHECK(result.vendors.front().family == "fake_vendor");
    REQUIRE(result.served);
    const bool vendor_faster =
        result.vendors.front().time.median_ps < result.winner->time.median_ps;
    CHECK(result.served->family ==
          (vendor_faster && result.vendors.front().servable ? "fake_vendor" : "fake_plain"));
}

TEST_CASE("verify judges every config and names what is wrong", "[tune]") {
    Bench bench;
    VerifyOptions verify_options;
    verify_options.families = {"fake_gemm"};
    verify_options.sample = 40;
    verify_options.seed = test::seed();
    verify_options.jobs = 2;
    verify_options.compile_seconds = 0.5;
    verify_options.run_seconds = 0.5;
    const auto results = verify(bench.registry, bench.options, bench.workload(), bench.device,
                                verify_options, bench.watcher);
    CHECK(results.size() >= 40);
    for (const VerifyResult& result : results) {
        CAPTURE(result.config);
        const bool right = result.config.find("mode=ok") != std::string::npos;
        CHECK((result.outcome == Outcome::ok) == right);
        CHECK(result.reports.empty() == right);
    }
}

TEST_CASE("bench measures the winner that tuning left beside the fallback", "[tune]") {
    Bench bench;
    const TuneResult tuned = bench.tune_one(bench.tune_options("fake_plain"));
    const TuneReport report =
        hone::bench(bench.registry, bench.options, bench.workload(), bench.device, bench.stores,
                    BenchOptions(), bench.watcher);
    REQUIRE(report.results.size() == 1);
    const TuneResult& result = report.results.front();
    REQUIRE(result.winner);
    CHECK(result.winner->config == tuned.winner->config);
    CHECK(result.fallback);
    CHECK(report.kept);
}

TEST_CASE("a winner of another measuring policy is no winner here", "[tune]") {
    Bench bench;
    const TuneResult tuned = bench.tune_one(bench.tune_options("fake_plain"));
    // Another config, faster than anything by a policy that measured nothing else.
    Fact other;
    Digest baseline{};
    for (const Fact& fact : effective_facts(bench.store.since({}, 100'000).records).facts) {
        if (fact.stage == Stage::final) baseline = fact.baseline;
        if (fact.outcome == Outcome::ok && fact.config != optimum &&
            fact.config != tuned.fallback->config)
            other = fact;
    }
    REQUIRE(!other.config.empty());
    other.stage = Stage::final;
    other.baseline = baseline;
    other.baseline_median_ps = 1'000'000'000;
    const std::string here = other.policy,
                      there = here == "cpu-cold/1" ? "cpu-warm/1" : "cpu-cold/1";
    other.policy = there;
    other.time.median_ps = other.time.high_ps = 1000;
    std::vector<Record> records;
    for (std::uint8_t sitting = 1; sitting < 5; ++sitting) { // more of them than were tuned
        other.sitting[0] = sitting;
        records.push_back(encode(other));
    }
    bench.store.append(records);

    const auto winner_by = [&](const std::string& policy) {
        BenchOptions options;
        options.policy = policy;
        const auto report = hone::bench(bench.registry, bench.options, bench.workload(),
                                        bench.device, bench.stores, options, bench.watcher);
        REQUIRE(report.results.at(0).winner);
        return report.results[0].winner->config;
    };
    CHECK(winner_by("") == optimum);
    CHECK(winner_by(here) == optimum);
    CHECK(winner_by(there) == other.config);
}

TEST_CASE("a budget of trials is never exceeded, whatever else is measured", "[tune]") {
    for (const std::int64_t budget : {1, 7}) {
        Bench bench;
        TuneOptions options = bench.tune_options("fake_plain", "random");
        options.budget.trials = budget;
        Workload workload = bench.workload();
        workload.items.push_back(
            parse_problem("gemm m=9 n=36 k=20 a=f32", bench.registry.operations()));
        const TuneReport report = tune(bench.registry, bench.options, workload, bench.device,
                                       bench.stores, options, bench.watcher);
        std::int64_t trials = 0, screened = 0;
        for (const TuneResult& result : report.results) {
            CHECK(result.winner);
            trials += result.trials + result.known;
        }
        for (const Fact& fact : bench.watcher.facts) screened += fact.stage == Stage::screen;
        CAPTURE(budget, trials, screened);
        CHECK(trials == budget);
        CHECK(screened == budget + 2); // and the fallback of each problem
        // What is known counts.
        const TuneReport again = tune(bench.registry, bench.options, bench.workload(), bench.device,
                                      bench.stores, options, bench.watcher);
        CHECK(again.results.at(0).trials + again.results.at(0).known <= std::max(budget, trials));
    }
}

TEST_CASE("one fact is measured again beside what it says", "[tune]") {
    Bench bench;
    const TuneResult tuned = bench.tune_one(bench.tune_options("fake_plain"));
    Fact fact;
    for (const Fact& known : effective_facts(bench.store.since({}, 100'000).records).facts)
        if (known.stage == Stage::final && known.config == optimum) fact = known;
    const auto again = [&](const Fact& of) {
        return rerun(bench.registry, bench.options, of, bench.device, bench.stores, BenchOptions(),
                     bench.watcher);
    };
    const std::size_t before = bench.store.since({}, 100'000).records.size();
    const RerunReport report = again(fact);
    CHECK(report.then == fact);
    CHECK(report.now.config == optimum);
    CHECK(report.now.outcome == Outcome::ok);
    CHECK(report.now.policy == fact.policy);
    CHECK(report.now.sitting != fact.sitting);
    CHECK(static_cast<double>(report.now.time.median_ps) ==
          Approx(static_cast<double>(fact.time.median_ps)).epsilon(0.02));
    REQUIRE(report.fallback);
    CHECK(report.fallback->config == tuned.fallback->config);
    CHECK(bench.store.since({}, 100'000).records.size() > before);

    Fact bad = fact;
    bad.family = "fake_gemm";
    bad.config = "loads=pointer mode=wrong tile=8 unroll=1";
    CHECK(again(bad).now.outcome != Outcome::ok);
    bad.revision += 1;
    CHECK_THROWS_AS(again(bad), Error);
}
