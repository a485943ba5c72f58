#include "cache/plan_file.hpp"
#include "hone/error.hpp"
#include "hone/plan.hpp"
#include "tests/catch.hpp"

#include <functional>
#include <string>
#include <utility>

using hone::Plan;
using hone::PlanEntry;

namespace {

PlanEntry entry(const std::string& problem) {
    PlanEntry entry;
    entry.problem = problem;
    entry.contract.max_error = 3e-3;
    entry.family = "gemm_cpu";
    entry.revision = 2;
    entry.config = "BM=128";
    entry.options = "-O3";
    entry.compiler = "clang 19.1.7 x86-64";
    entry.binaries = hone::digest("binary of " + problem);
    return entry;
}

} // namespace

TEST_CASE("every field of an entry moves the digest of a plan", "[cache]") {
    using Change = std::pair<const char*, std::function<void(PlanEntry&)>>;
    const auto change = GENERATE(values<Change>({
        {"problem", [](PlanEntry& e) { e.problem += " "; }},
        {"max_error", [](PlanEntry& e) { e.contract.max_error = 3.0000000001e-3; }},
        {"class asked for",
         [](PlanEntry& e) { e.contract.numeric_class = hone::NumericClass::deterministic; }},
        {"same_as", [](PlanEntry& e) { e.contract.same_as = hone::digest("p"); }},
        {"workspace", [](PlanEntry& e) { e.contract.workspace_limit = 0; }},
        {"family", [](PlanEntry& e) { e.family = "blas"; }},
        {"revision", [](PlanEntry& e) { e.revision = 3; }},
        {"config", [](PlanEntry& e) { e.config = "BM=64"; }},
        {"options", [](PlanEntry& e) { e.options = "-O2"; }},
        {"compiler", [](PlanEntry& e) { e.compiler = "clang 20"; }},
        {"class", [](PlanEntry& e) { e.numeric_class = hone::NumericClass::batch_invariant; }},
    }));
    INFO(change.first);
    const Plan plan{{entry("a"), entry("b")}};
    Plan changed = plan;
    change.second(changed.entries[1]);
    CHECK(changed.digest() != plan.digest());
    CHECK(changed.binary_digest() == plan.binary_digest());
}

TEST_CASE("binaries move the binary digest only", "[cache]") {
    const Plan plan{{entry("a"), entry("b")}};
    Plan changed = plan;
    changed.entries[0].binaries = hone::digest("another build");
    CHECK(changed.digest() == plan.digest());
    CHECK(changed.binary_digest() != plan.binary_digest());
    std::swap(changed.entries[0].binaries, changed.entries[1].binaries);
    CHECK(changed.binary_digest() != plan.binary_digest());
}

TEST_CASE("plans with the same entries in another order agree", "[cache]") {
    const Plan plan{{entry("a"), entry("b")}}, turned{{entry("b"), entry("a")}};
    CHECK(plan.digest() == turned.digest());
    CHECK(plan.binary_digest() == turned.binary_digest());
    CHECK(plan.digest() != Plan{{entry("a")}}.digest());
    CHECK(plan.digest() != plan.binary_digest());
}

TEST_CASE("a plan's digest is the same on every machine", "[cache]") {
    const Plan plan{{entry("a"), entry("b")}};
    CHECK(hex(plan.digest()) == "a08048039d88bd011bca16113424befb66c86f9828bd62747c000eadf51ddf03");
    CHECK(hex(plan.binary_digest()) ==
          "6a8600899616006fae166b1cd88d767018193b27643c79e2d5baabdacc8bfa2d");
}

TEST_CASE("a plan reads back from its file as it was, and any change is told", "[cache]") {
    Plan plan;
    plan.entries = {entry("gemm a"), entry("gemm b")};
    plan.entries[1].contract = {.max_error = 0.1 + 0.2,
                                .numeric_class = hone::NumericClass::same_as,
                                .same_as = hone::digest("p"),
                                .workspace_limit = 1 << 20};
    plan.entries[1].numeric_class = hone::NumericClass::batch_invariant;
    const std::string text = hone::cache::encode_plan(plan);
    const Plan read = hone::cache::decode_plan(text);
    CHECK(read.digest() == plan.digest());
    CHECK(read.binary_digest() == plan.binary_digest());
    CHECK(hone::cache::encode_plan(read) == text);
    CHECK(hone::cache::decode_plan(hone::cache::encode_plan({})).entries.empty());

    const auto code_of = [](const std::string& changed) {
        try {
            (void)hone::cache::decode_plan(changed);
        } catch (const hone::Error& error) {
            return error.code();
        }
        return hone::Errc::internal;
    };
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string changed = text;
        changed.replace(changed.find(from), from.size(), to);
        return changed;
    };
    CHECK(code_of(with("BM=128", "BM=129")) == hone::Errc::check_failed);
    CHECK(code_of(with("\"max_error\": 0.003", "\"max_error\": 0.0031")) ==
          hone::Errc::check_failed);
    CHECK(code_of(with("\"binaries\": \"", "\"binaries\": \"0")) == hone::Errc::workload);
    CHECK(code_of(with("same_as\",", "sameas\",")) == hone::Errc::workload);
    CHECK(code_of(with("hone.plan/1", "hone.plan/2")) == hone::Errc::workload);
    CHECK(code_of(with("\"revision\": 2", "\"revision\": \"x\"")) == hone::Errc::workload);
    CHECK(code_of("") == hone::Errc::workload);
    CHECK(code_of("[1, 2]") == hone::Errc::workload);
}
