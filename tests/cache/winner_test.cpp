// winner/1 against tables worked out by hand.
#include "hone/winner.hpp"
#include "tests/cache/facts.hpp"
#include "tests/catch.hpp"

#include <string>
#include <vector>

using hone::Contract;
using hone::Fact;
using hone::Outcome;
using hone::Standing;
using hone::Verdict;

namespace {

constexpr std::uint64_t us = 1'000'000; // in picoseconds

// A final of config `name` at `median_ps` against a baseline of 1000 us.
Fact final_of(const std::string& name, std::uint64_t median_ps, std::uint8_t sitting = 1) {
    Fact fact;
    fact.problem = "gemm m=1";
    fact.family = "gemm_cpu";
    fact.revision = 1;
    fact.config = name;
    fact.device = "cpu";
    fact.toolchain = "new";
    fact.policy = "cpu-warm/1";
    fact.sitting.fill(sitting);
    fact.stage = hone::Stage::final;
    fact.time = {.count = 9, .median_ps = median_ps, .low_ps = median_ps, .high_ps = median_ps};
    fact.baseline = hone::digest("baseline");
    fact.baseline_median_ps = 1000 * us;
    fact.total_error = {100, 100};
    fact.plain_error = {100, 100};
    fact.program = hone::digest(name);
    return fact;
}

std::vector<std::string> configs(const std::vector<Standing>& standings) {
    std::vector<std::string> names;
    for (const Standing& standing : standings) names.push_back(standing.config);
    return names;
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("no finals, no winner", "[cache]") {
    Fact screened = final_of("a", 500 * us);
    screened.stage = hone::Stage::screen;
    Fact raced = final_of("b", 500 * us);
    raced.stage = hone::Stage::race;
    Fact failed = final_of("c", 500 * us);
    failed.outcome = Outcome::out_of_memory;
    Fact censored = final_of("d", 500 * us);
    censored.outcome = Outcome::censored;
    Fact without_baseline = final_of("e", 500 * us);
    without_baseline.baseline = {};
    Fact without_baseline_time = final_of("f", 500 * us);
    without_baseline_time.baseline_median_ps = 0;
    Fact without_time = final_of("g", 0);
    const std::vector<Fact> facts = {
        screened, raced, failed, censored, without_baseline, without_baseline_time, without_time};
    const Verdict verdict = hone::winner(facts, {});
    CHECK_FALSE(verdict.winner);
    CHECK(verdict.tied.empty());
    CHECK(verdict.others.empty());
    CHECK_FALSE(hone::winner({}, {}).winner);
}

TEST_CASE("the smallest upper bound wins, not the smallest median", "[cache]") {
    Fact wide = final_of("wide", 500 * us);
    wide.time.high_ps = 520 * us;
    Fact narrow = final_of("narrow", 510 * us);
    narrow.time.high_ps = 511 * us;
    const Verdict verdict = hone::winner(std::vector{wide, narrow, final_of("slow", 800 * us)}, {});
    REQUIRE(verdict.winner);
    CHECK(verdict.winner->config == "narrow");
    CHECK(verdict.winner->ratio_ppb == 510'000'000);
    CHECK(verdict.winner->upper_ppb == 511'000'000);
    CHECK(configs(verdict.tied) == Names{"narrow"});
    CHECK(configs(verdict.others) == Names{"wide", "slow"});
}

TEST_CASE("ratios round to the nearest, upper bounds upwards, and neither overflows", "[cache]") {
    struct Row {
        std::uint64_t median, high, baseline, ratio, upper;
    };
    const auto row = GENERATE(values<Row>({
        {1, 1, 3, 333'333'333, 333'333'334},
        {2, 2, 3, 666'666'667, 666'666'667},
        {1, 1, 2'000'000'000, 1, 1}, // a half goes up
        {1, 1, 2'000'000'001, 0, 1},
        {7, 0, 7, 1'000'000'000, 1'000'000'000}, // no interval: the median itself
        {~0ULL, ~0ULL, ~0ULL, 1'000'000'000, 1'000'000'000},
        {~0ULL, ~0ULL, 1, ~0ULL, ~0ULL},
    }));
    Fact fact = final_of("a", row.median);
    fact.time.high_ps = row.high;
    fact.baseline_median_ps = row.baseline;
    const Verdict verdict = hone::winner(std::vector{fact}, {});
    REQUIRE(verdict.winner);
    CHECK(verdict.winner->ratio_ppb == row.ratio);
    CHECK(verdict.winner->upper_ppb == row.upper);
}

TEST_CASE("over sittings the median counts, of an even number the larger middle", "[cache]") {
    struct Row {
        std::vector<std::uint64_t> medians_us; // one sitting each
        std::uint64_t ratio_ppb;
    };
    const auto row = GENERATE(values<Row>({
        {{500}, 500'000'000},
        {{500, 600}, 600'000'000},
        {{100, 600, 610}, 600'000'000}, // one lucky sitting changes nothing
        {{100, 600, 610, 900}, 610'000'000},
    }));
    std::vector<Fact> facts;
    for (std::size_t i = 0; i < row.medians_us.size(); ++i)
        facts.push_back(final_of("a", row.medians_us[i] * us, static_cast<std::uint8_t>(i + 1)));
    const Verdict verdict = hone::winner(facts, {});
    REQUIRE(verdict.winner);
    CHECK(verdict.winner->ratio_ppb == row.ratio_ppb);
    CHECK(verdict.winner->median_ps == row.ratio_ppb); // the baseline took 10^9 ps
    CHECK(verdict.winner->sittings == row.medians_us.size());
}

TEST_CASE("several finals of one config in one sitting count as one", "[cache]") {
    const std::vector facts = {
        final_of("a", 400 * us, 1), final_of("a", 410 * us, 1), final_of("a", 420 * us, 1),
        final_of("a", 700 * us, 2), final_of("a", 710 * us, 3),
    };
    const Verdict verdict = hone::winner(facts, {});
    REQUIRE(verdict.winner);
    CHECK(verdict.winner->sittings == 3);
    CHECK(verdict.winner->ratio_ppb == 700'000'000); // of 410, 700, 710
}

TEST_CASE("a slow host does not lose: its baseline is slow too", "[cache]") {
    Fact on_slow_host = final_of("good", 900 * us, 2);
    on_slow_host.baseline_median_ps = 2000 * us;
    const Verdict verdict = hone::winner(std::vector{final_of("poor", 600 * us), on_slow_host}, {});
    REQUIRE(verdict.winner);
    CHECK(verdict.winner->config == "good");
    CHECK(verdict.winner->ratio_ppb == 450'000'000);
}

TEST_CASE("ties within half a percent go down the list", "[cache]") {
    struct Row {
        const char* what;
        void (*favour)(std::vector<Fact>& facts); // facts[0] is the slower "b"
        const char* winner;
    };
    const auto row = GENERATE(values<Row>({
        {"smaller total error", [](auto& f) { f[0].total_error.frobenius_ppt = 99; }, "b"},
        {"larger total error", [](auto& f) { f[0].total_error.frobenius_ppt = 101; }, "a"},
        {"less workspace", [](auto& f) { f[1].workspace_bytes = 1; }, "b"},
        {"more workspace", [](auto& f) { f[0].workspace_bytes = 1; }, "a"},
        {"more sittings", [](auto& f) { f.push_back(final_of("b", 1004 * us, 2)); }, "b"},
        {"smaller config text", [](auto&) {}, "a"},
        {"the error before the workspace",
         [](auto& f) {
             f[0].total_error.frobenius_ppt = 99;
             f[0].workspace_bytes = 4096;
         },
         "b"},
        {"the workspace before the sittings",
         [](auto& f) {
             f[1].workspace_bytes = 1;
             f.push_back(final_of("a", 1000 * us, 2));
         },
         "b"},
    }));
    INFO(row.what);
    std::vector<Fact> facts = {final_of("b", 1004 * us), final_of("a", 1000 * us)};
    row.favour(facts);
    const Verdict verdict = hone::winner(facts, {});
    REQUIRE(verdict.winner);
    CHECK(verdict.winner->config == row.winner);
    CHECK(verdict.tied.size() == 2);
    CHECK(verdict.tied.front().config == row.winner);
}

TEST_CASE("a tie ends at exactly half a percent of the smallest upper bound", "[cache]") {
    const auto tied = [](std::uint64_t slower_ps) {
        Fact slower = final_of("a", slower_ps);
        slower.total_error.frobenius_ppt = 0;
        return hone::winner(std::vector{final_of("b", 1000 * us), slower}, {}).tied.size();
    };
    CHECK(tied(1005 * us) == 2);
    CHECK(tied(1005 * us + 1) == 1);

    // Ties do not chain: each is measured against the smallest.
    const Verdict verdict = hone::winner(
        std::vector{final_of("c", 1000 * us), final_of("b", 1004 * us), final_of("a", 1008 * us)},
        {});
    CHECK(configs(verdict.tied) == Names{"b", "c"});
    CHECK(configs(verdict.others) == Names{"a"});
}

TEST_CASE("one failure at any stage vetoes its config", "[cache]") {
    for (int i = 0; i < hone::outcome_count; ++i) {
        Fact failure = final_of("fast", 0, 7);
        failure.stage = hone::Stage::screen;
        failure.outcome = static_cast<Outcome>(i);
        const std::vector facts = {final_of("fast", 400 * us), final_of("safe", 500 * us), failure};
        const Verdict verdict = hone::winner(facts, {});
        REQUIRE(verdict.winner);
        INFO(to_string(failure.outcome));
        if (!hone::vetoes(failure.outcome)) {
            CHECK(verdict.winner->config == "fast");
            continue;
        }
        CHECK(verdict.winner->config == "safe");
        REQUIRE(configs(verdict.others) == Names{"fast"});
        CHECK(verdict.others.front().veto == failure.outcome);
    }
}

TEST_CASE("a veto binds its own config, revision, family and toolchain only", "[cache]") {
    struct Row {
        const char* what;
        void (*change)(Fact& failure);
        const char* toolchain;
        bool vetoed;
    };
    const auto row = GENERATE(values<Row>({
        {"the same", [](Fact&) {}, "new", true},
        {"another config", [](Fact& f) { f.config = "other"; }, "new", false},
        {"another revision", [](Fact& f) { f.revision = 2; }, "new", false},
        {"another family", [](Fact& f) { f.family = "blas"; }, "new", false},
        {"another toolchain", [](Fact& f) { f.toolchain = "old"; }, "new", false},
        {"another toolchain, none asked for", [](Fact& f) { f.toolchain = "old"; }, "", true},
        {"another policy", [](Fact& f) { f.policy = "cpu-cold/1"; }, "new", true},
        {"another baseline", [](Fact& f) { f.baseline = hone::digest("x"); }, "new", true},
    }));
    INFO(row.what);
    Fact failure = final_of("a", 0, 7);
    failure.outcome = Outcome::hang;
    row.change(failure);
    const Verdict verdict =
        hone::winner(std::vector{final_of("a", 500 * us), failure}, {}, row.toolchain);
    CHECK(verdict.winner.has_value() == !row.vetoed);
}

TEST_CASE("of several vetoes the lowest outcome is named", "[cache]") {
    Fact hang = final_of("a", 0, 2), crash = final_of("a", 0, 3);
    hang.outcome = Outcome::hang;
    crash.outcome = Outcome::crash;
    const Verdict verdict = hone::winner(std::vector{final_of("a", 5 * us), hang, crash}, {});
    REQUIRE(verdict.others.size() == 1);
    CHECK(verdict.others.front().veto == Outcome::crash);
}

TEST_CASE("a config outside the contract stands behind all inside it", "[cache]") {
    Fact rough = final_of("rough", 100 * us);
    rough.total_error.frobenius_ppt = 201;
    const std::vector facts = {rough, final_of("plain", 900 * us), final_of("best", 800 * us)};
    const Verdict verdict = hone::winner(facts, {});
    REQUIRE(verdict.winner);
    CHECK(verdict.winner->config == "best");
    CHECK(configs(verdict.others) == Names{"plain", "rough"});
    Contract loose;
    loose.max_error = 201e-12;
    CHECK(hone::winner(facts, loose).winner->config == "rough");
}

TEST_CASE("errors are the worst over the facts", "[cache]") {
    Fact good = final_of("a", 500 * us, 1), bad = final_of("a", 500 * us, 2);
    good.kernel_error = {1, 9};
    bad.kernel_error = {2, 8};
    bad.total_error = {150, 50};
    bad.plain_error = {90, 110};
    bad.workspace_bytes = 64;
    good.deterministic = bad.deterministic = true;
    good.batch_invariant = true;
    const Verdict verdict = hone::winner(std::vector{good, bad}, {});
    REQUIRE(verdict.winner);
    CHECK(verdict.winner->kernel_error == hone::ErrorPair{2, 9});
    CHECK(verdict.winner->total_error == hone::ErrorPair{150, 100});
    CHECK(verdict.winner->plain_error == hone::ErrorPair{90, 100});
    CHECK(verdict.winner->workspace_bytes == 64);
    CHECK(verdict.winner->deterministic);
    CHECK_FALSE(verdict.winner->batch_invariant);
}

TEST_CASE("only one baseline is compared: that with the most sittings", "[cache]") {
    const auto other = [](const std::string& name, std::uint64_t ps, std::uint8_t sitting) {
        Fact fact = final_of(name, ps, sitting);
        fact.baseline = hone::digest("another baseline");
        return fact;
    };
    SECTION("sittings count, not facts") {
        const std::vector facts = {final_of("a", 900 * us, 1), final_of("b", 901 * us, 1),
                                   final_of("c", 902 * us, 1), other("d", 100 * us, 2),
                                   other("e", 200 * us, 3)};
        CHECK(configs(hone::winner(facts, {}).tied) == Names{"d"});
    }
    SECTION("of equals the smaller hash") {
        const bool first = hone::digest("baseline") < hone::digest("another baseline");
        const std::vector facts = {other("d", 100 * us, 2), final_of("a", 900 * us, 1)};
        CHECK(hone::winner(facts, {}).winner->config == (first ? "a" : "d"));
    }
    SECTION("sittings of the current toolchain count before all") {
        std::vector facts = {final_of("a", 900 * us, 1), final_of("a", 900 * us, 2),
                             other("d", 950 * us, 3)};
        facts[0].toolchain = facts[1].toolchain = "old";
        CHECK(hone::winner(facts, {}, "new").winner->config == "d");
        CHECK(hone::winner(facts, {}, "").winner->config == "a");
    }
}

TEST_CASE("times of different policies are not compared", "[cache]") {
    Fact cold = final_of("cold", 300 * us, 3);
    cold.policy = "cpu-cold/1";
    const std::vector facts = {final_of("a", 500 * us, 1), final_of("a", 500 * us, 2), cold};
    const Verdict verdict = hone::winner(facts, {});
    CHECK(configs(verdict.tied) == Names{"a"});
    CHECK(verdict.others.empty());
}

TEST_CASE("what another toolchain measured is provisional until it is measured again", "[cache]") {
    Fact old = final_of("a", 500 * us, 1);
    old.toolchain = "old";
    const Verdict before = hone::winner(std::vector{old}, {}, "new");
    REQUIRE(before.winner);
    CHECK(before.winner->provisional);
    CHECK_FALSE(hone::winner(std::vector{old}, {}).winner->provisional);

    const Verdict after = hone::winner(std::vector{old, final_of("a", 700 * us, 2)}, {}, "new");
    REQUIRE(after.winner);
    CHECK_FALSE(after.winner->provisional);
    CHECK(after.winner->sittings == 1);
    CHECK(after.winner->ratio_ppb == 700'000'000);
}

TEST_CASE("a noisy final takes part and is marked", "[cache]") {
    Fact noisy = final_of("a", 500 * us);
    noisy.time.noisy = true;
    noisy.time.high_ps = 530 * us;
    CHECK(hone::winner(std::vector{noisy}, {}).winner->noisy);
    CHECK(hone::winner(std::vector{noisy, final_of("b", 520 * us)}, {}).winner->config == "b");
}

TEST_CASE("a contract limits error, numeric class and workspace", "[cache]") {
    constexpr auto top = ~std::uint64_t{0};
    struct Row {
        const char* what;
        Contract contract;
        Standing standing;
        bool allowed;
    };
    const auto standing = [](std::uint64_t total, std::uint64_t plain) {
        Standing s;
        s.total_error.frobenius_ppt = total;
        s.plain_error.frobenius_ppt = plain;
        s.program = hone::digest("p");
        s.workspace_bytes = 64;
        return s;
    };
    Standing deterministic = standing(0, 0), invariant = standing(0, 0), odd = standing(0, 0);
    deterministic.deterministic = true;
    invariant.deterministic = invariant.batch_invariant = true;
    odd.batch_invariant = true;
    using Class = hone::NumericClass;
    const auto of_class = [](Class numeric_class) {
        Contract contract;
        contract.numeric_class = numeric_class;
        contract.same_as = hone::digest("p");
        return contract;
    };
    const auto of_error = [](double max_error) {
        Contract contract;
        contract.max_error = max_error;
        return contract;
    };
    const auto of_workspace = [](std::int64_t bytes) {
        Contract contract;
        contract.workspace_limit = bytes;
        return contract;
    };
    Contract other_program = of_class(Class::same_as);
    other_program.same_as = hone::digest("q");

    const auto row = GENERATE_COPY(values<Row>({
        {"twice the plain error", {}, standing(200, 100), true},
        {"a little more", {}, standing(201, 100), false},
        {"odd totals are not halved down", {}, standing(3, 1), false},
        {"both exact", {}, standing(0, 0), true},
        {"plain exact, this not", {}, standing(1, 0), false},
        {"no overflow", {}, standing(top, top / 2 + 1), true},
        {"no overflow either", {}, standing(top, top / 2), false},
        {"at the limit", of_error(3e-3), standing(3'000'000'000, 1), true},
        {"over the limit", of_error(3e-3), standing(3'000'000'001, top), false},
        {"a limit beyond the scale", of_error(1e30), standing(top, 0), true},
        {"infinite", of_error(HUGE_VAL), standing(top, 0), true},
        {"not a number", of_error(NAN), standing(1, 1), false},
        {"negative", of_error(-1), standing(1, 1), false},
        {"deterministic", of_class(Class::deterministic), deterministic, true},
        {"not deterministic", of_class(Class::deterministic), standing(0, 0), false},
        {"batch invariant", of_class(Class::batch_invariant), invariant, true},
        {"only deterministic", of_class(Class::batch_invariant), deterministic, false},
        {"invariant, not deterministic", of_class(Class::batch_invariant), odd, false},
        {"the same program", of_class(Class::same_as), standing(0, 0), true},
        {"another program", other_program, invariant, false},
        {"workspace at the limit", of_workspace(64), standing(0, 0), true},
        {"workspace over it", of_workspace(63), standing(0, 0), false},
        {"negative workspace limit", of_workspace(-1), standing(0, 0), false},
    }));
    INFO(row.what);
    CHECK(hone::allows(row.contract, row.standing) == row.allowed);
}
