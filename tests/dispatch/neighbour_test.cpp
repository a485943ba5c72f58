#include "lib/dispatch/expected_loss.hpp"
#include "tests/catch.hpp"
#include "tests/dispatch/serving.hpp"

#include <string>
#include <vector>

using namespace hone;
using namespace hone::test;

namespace {

const Config small = {{"tile", 16}, {"unroll", 1}, {"loads", std::string("pointer")}},
             large = {{"tile", 64}, {"unroll", 1}, {"loads", std::string("pointer")}};

std::string rows(int m, const std::string& more = "") {
    return "gemm m=" + std::to_string(m) + " n=48 k=32 a=f32" + more;
}

LookupInfo warmed(Serving& serving, const std::string& text, DispatchOptions options = {}) {
    return serving.open(std::move(options))->warm(std::vector{item(text)}).at(0);
}

} // namespace

TEST_CASE("an untuned problem is served what won its nearest neighbour, with its expected loss",
          "[dispatch]") {
    const auto serving = Serving::on_fake();
    serving->put(rows(10), small, 1'000'000);
    serving->put(rows(10), large, 2'000'000);
    serving->put(rows(200), small, 1'500'000);
    serving->put(rows(200), large, 1'000'000);

    const LookupInfo near_small = warmed(*serving, rows(20));
    CHECK(near_small.match == Match::neighbour);
    CHECK(near_small.config == small.canonical_text());
    CHECK(item(near_small.neighbour).problem == item(rows(10)).problem);
    CHECK(near_small.expected_ns == 0); // inferred, not measured
    CHECK(near_small.tier == "neighbour");
    CHECK(near_small.loss_problems == 1);
    CHECK(near_small.expected_loss == Approx(0.5)); // what `small` lost at m = 200
    const LookupInfo near_large = warmed(*serving, rows(400));
    CHECK(near_large.config == large.canonical_text());
    CHECK(near_large.expected_loss == Approx(1.0));

    const LookupInfo bucket = warmed(*serving, rows(12));
    CHECK(bucket.match == Match::bucket);
    CHECK(bucket.config == small.canonical_text());
    CHECK(warmed(*serving, rows(20), {.neighbours = false}).match == Match::fallback);
    CHECK(warmed(*serving, rows(20, " scale=alpha")).match == Match::fallback);

    // Nothing of it is kept as if it had been measured.
    const auto& schema = gemm_operation().schema();
    CHECK(serving->store
              .read(canonical_text(schema, item(rows(20)).problem),
                    canonical_text(serving->device.model))
              .empty());
}

TEST_CASE("a neighbour's config that is not legal here, or gives another program, is not served",
          "[dispatch]") {
    const Config maps = {{"tile", 16}, {"unroll", 1}, {"loads", std::string("tensor_map")}};
    const auto serving = Serving::on_fake();
    serving->put(rows(10), maps);
    CHECK(warmed(*serving, rows(20)).match == Match::neighbour);
    CHECK(warmed(*serving, "gemm m=20 n=47 k=31 a=f32").match == Match::fallback);

    auto records =
        serving->store.read(canonical_text(gemm_operation().schema(), item(rows(10)).problem),
                            canonical_text(serving->device.model));
    Fact fact = decode(records.at(0)).fact.value();
    fact.program = digest("another program");
    const auto other = Serving::on_fake();
    other->store.append(std::vector{encode(fact)});
    CHECK(warmed(*other, rows(20)).match == Match::fallback);
}

TEST_CASE("a neighbour stands in a plan until something nearer serves its problem", "[dispatch]") {
    const auto serving = Serving::on_fake();
    serving->put(rows(10), small);
    const auto dispatcher = serving->open();
    dispatcher->warm(std::vector{item(rows(20))});
    REQUIRE(dispatcher->plan().entries.size() == 1);
    const auto rank = Serving::on_fake();
    const auto follower = rank->open();
    follower->warm(dispatcher->plan());
    CHECK(follower->explain(item(rows(20)).problem, {}).config == small.canonical_text());
    CHECK(follower->plan().digest() == dispatcher->plan().digest());

    serving->put(rows(30), large);
    dispatcher->warm(std::vector{item(rows(30))});
    CHECK(dispatcher->explain(item(rows(20)).problem, {}).match == Match::bucket);
    CHECK(dispatcher->explain(item(rows(20)).problem, {}).config == large.canonical_text());
    CHECK(dispatcher->plan().entries.size() == 1);
}

TEST_CASE("what a config lost elsewhere counts by distance", "[dispatch]") {
    const auto standing = [](const char* config, std::uint64_t ratio) {
        Standing made;
        made.config = config;
        made.ratio_ppb = ratio;
        return made;
    };
    const auto judged = [&](std::int64_t m, std::uint64_t best, std::uint64_t ours) {
        Verdict verdict;
        verdict.winner = standing("best", best);
        verdict.tied = {*verdict.winner};
        verdict.others = {standing("ours", ours)};
        return dispatch::Judged{item(rows(static_cast<int>(m))).problem, verdict};
    };
    const Problem problem = item(rows(64)).problem, chosen_on = item(rows(32)).problem;
    const Standing ours = standing("ours", 0);
    CHECK(dispatch::distance(problem, chosen_on) == Approx(1));
    CHECK(dispatch::distance(problem, problem) == 0);
    CHECK(dispatch::expected_loss(problem, ours, chosen_on, {}).problems == 0);
    const std::vector list = {judged(32, 100, 900), // where it was chosen: does not count
                              judged(128, 100, 110), judged(256, 100, 160)};
    const auto loss = dispatch::expected_loss(problem, ours, chosen_on, list);
    CHECK(loss.problems == 2);
    CHECK(loss.fraction == Approx((0.1 / 2 + 0.6 / 5) / (1.0 / 2 + 1.0 / 5)));
}
