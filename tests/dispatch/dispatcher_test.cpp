// On the fake device: everything but results.
#include "tests/catch.hpp"
#include "tests/dispatch/allocations.hpp"
#include "tests/dispatch/serving.hpp"

#include <atomic>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace hone;
using namespace hone::test;

namespace {

const std::string tuned = "gemm m=100 n=48 k=32 a=f32";

Errc code_of(const std::function<void()>& call, std::string* what = nullptr) {
    try {
        call();
    } catch (const Error& error) {
        if (what) *what = error.what();
        return error.code();
    }
    FAIL("no error");
    return Errc::internal;
}

} // namespace

TEST_CASE("warming loads the winner of a problem and the fallback of its class", "[dispatch]") {
    const auto serving = Serving::on_fake();
    const Config config = serving->config(tuned);
    serving->put(tuned, config, 2'000'000);
    const auto dispatcher = serving->open();
    CHECK(dispatcher->find(item(tuned).problem, {}) == nullptr);

    const auto infos = dispatcher->warm(std::vector{item(tuned), item("gemm m=9 n=9 k=9 a=f32")});
    REQUIRE(infos.size() == 2);
    CHECK(infos[0].match == Match::exact);
    CHECK(infos[0].family == "fake_plain");
    CHECK(infos[0].config == config.canonical_text());
    CHECK(infos[0].tier == "memory:");
    CHECK(infos[0].expected_ns == 2000);
    CHECK(infos[1].match == Match::fallback);
    CHECK(infos[1].tier == "fallback");
    CHECK(infos[1].expected_ns == 0);

    const LookupInfo bucket = dispatcher->explain(item("gemm m=101 n=48 k=32 a=f32").problem, {});
    CHECK(bucket.match == Match::bucket);
    CHECK(bucket.config == config.canonical_text());
    CHECK(bucket.expected_ns == 0);
    CHECK(dispatcher->explain(item("gemm m=9 n=9 k=9 a=bf16").problem, {}).match == Match::none);
}

TEST_CASE("facts whose config nobody can read leave the fallback", "[dispatch]") {
    const auto serving = Serving::on_fake();
    serving->put(tuned, serving->config(tuned));
    auto records =
        serving->store.read(canonical_text(gemm_operation().schema(), item(tuned).problem),
                            canonical_text(serving->device.model));
    Fact fact = decode(records.at(0)).fact.value();
    for (const char* config : {"", "tile", "tile=3 unroll=1 loads=pointer", "tile=8 tile=8"}) {
        const auto other = Serving::on_fake();
        fact.config = config;
        other->store.append(std::vector{encode(fact)});
        const auto infos = other->open()->warm(std::vector{item(tuned)});
        INFO(config);
        CHECK(infos.at(0).match == Match::fallback);
    }
}

TEST_CASE("without a compiler's help only what is at hand is served", "[dispatch]") {
    const auto serving = Serving::on_fake();
    serving->put(tuned, serving->config(tuned));
    const auto dispatcher = serving->open({.session = {}, .compile = false});
    CHECK(dispatcher->warm(std::vector{item(tuned)}).at(0).match == Match::none);
    CHECK(dispatcher->find(item(tuned).problem, {}) == nullptr);
    CHECK(dispatcher->launch(item(tuned).problem, {}, {}, nullptr, 0) == Status::not_found);
    CHECK(code_of([&] { (void)dispatcher->bind(item(tuned).problem, {}, {}); }) ==
          Errc::unavailable);
}

TEST_CASE("a sealed dispatcher loads nothing more and goes on serving", "[dispatch]") {
    const auto serving = Serving::on_fake();
    const auto dispatcher = serving->open();
    dispatcher->warm(std::vector{item(tuned)});
    const Plan plan = dispatcher->plan();
    dispatcher->seal();
    CHECK(dispatcher->sealed());
    const std::vector items{item("gemm m=9 n=9 k=9 a=f32 scale=alpha")};
    CHECK(code_of([&] { dispatcher->warm(items); }) == Errc::usage);
    CHECK(code_of([&] { dispatcher->warm(plan); }) == Errc::usage);
    CHECK(dispatcher->find(items[0].problem, {}) == nullptr);
    CHECK(dispatcher->find(item(tuned).problem, {}) != nullptr);
}

TEST_CASE("operands that do not fit the operation are refused", "[dispatch]") {
    const auto serving = Serving::on_fake();
    const auto dispatcher = serving->open();
    dispatcher->warm(std::vector{item(tuned)});
    const Problem problem = item(tuned).problem;
    const std::vector<Tensor> right = HostOperands(problem).tensors();

    std::vector<Tensor> few(right.begin(), right.end() - 1), many = right, null = right;
    many.emplace_back();
    null[Gemm::b_arg].data = nullptr;
    for (const auto& operands : {few, many, null}) {
        CHECK(dispatcher->launch(problem, {}, operands, nullptr, 0) == Status::invalid_argument);
        CHECK(code_of([&] { (void)dispatcher->bind(problem, {}, operands); }) == Errc::usage);
    }
    CHECK(dispatcher->launch(problem, {}, {}, nullptr, 0) == Status::invalid_argument);
    CHECK(Dispatcher::launch(Bound{}) == Status::not_found);
    CHECK(Dispatcher::launch(dispatcher->bind(problem, {}, {})) == Status::invalid_argument);
}

TEST_CASE("what cannot be served is said to the caller, or on stderr, and never on stdout",
          "[dispatch]") {
    const auto serving = Serving::on_fake();
    serving->put(tuned, serving->config(tuned));
    std::vector<std::string> said;
    const DispatchOptions telling = {
        .compile = false, .warn = [&](std::string text) { said.push_back(std::move(text)); }};
    serving->open(telling)->warm(std::vector{item(tuned)});
    REQUIRE(said.size() == 3); // the winner and two fallbacks
    CHECK(said[0].find("cannot be served") != std::string::npos);

    std::FILE* const out = std::tmpfile();
    std::FILE* const err = std::tmpfile();
    REQUIRE((out && err));
    std::fflush(stdout);
    const int stdout_was = dup(STDOUT_FILENO), stderr_was = dup(STDERR_FILENO);
    dup2(fileno(out), STDOUT_FILENO);
    dup2(fileno(err), STDERR_FILENO);
    serving->open({.compile = false})->warm(std::vector{item(tuned)});
    std::fflush(stdout);
    dup2(stdout_was, STDOUT_FILENO);
    dup2(stderr_was, STDERR_FILENO);
    const auto written = [](std::FILE* file) { return lseek(fileno(file), 0, SEEK_END); };
    CHECK(written(out) == 0);
    CHECK(written(err) > 0);
    for (std::FILE* file : {out, err}) std::fclose(file);
    for (const int descriptor : {stdout_was, stderr_was}) close(descriptor);
}

TEST_CASE("a bound problem's operands are held to its rules at every launch", "[dispatch]") {
    const auto serving = Serving::on_fake();
    const auto dispatcher = serving->open();
    dispatcher->warm(std::vector{item(tuned)});
    const Problem problem = item(tuned).problem, unseen = item("gemm m=7 n=48 k=32 a=f32").problem;
    const std::vector<Tensor> right = HostOperands(problem).tensors();
    std::vector<Tensor> wrong = right;
    wrong[Gemm::b_arg].strides = {48 * 32, 1, 32}; // column-major
    std::string what;
    CHECK(code_of([&] { (void)dispatcher->bind(problem, {}, wrong); }, &what) == Errc::usage);
    CHECK(what.find("operand b: stride") != std::string::npos);
    Bound bound = dispatcher->bind(problem, {}, {});
    bound.operands = wrong;
    CHECK(Dispatcher::launch(bound) == Status::invalid_argument);
    CHECK(dispatcher->launch(problem, {}, wrong, nullptr, 0) == Status::invalid_argument);
    // Of a problem that nobody warmed too, and what is no problem is no launch.
    CHECK(dispatcher->launch(unseen, {}, right, nullptr, 0) == Status::invalid_argument);
    Problem none = problem;
    none.dims[Gemm::k_dim] = -1;
    CHECK(dispatcher->launch(none, {}, right, nullptr, 0) == Status::invalid_argument);
}

TEST_CASE("a plan does not depend on who warmed what first", "[dispatch]") {
    const auto serving = Serving::on_fake();
    const std::vector<std::string> texts = {tuned, "gemm m=9 n=8 k=4 a=f32",
                                            "gemm m=200 n=8 k=4 a=f32"};
    for (const std::string& text : texts) serving->put(text, serving->config(text));
    const auto forwards = serving->open(), backwards = serving->open();
    for (std::size_t i = 0; i < texts.size(); ++i) {
        forwards->warm(std::vector{item(texts[i])});
        backwards->warm(std::vector{item(texts[texts.size() - 1 - i])});
    }
    backwards->warm(std::vector{item(texts[0])}); // again
    const Plan plan = forwards->plan();
    CHECK(plan.entries.size() == texts.size());
    CHECK(plan.digest() == backwards->plan().digest());
    CHECK(plan.binary_digest() == backwards->plan().binary_digest());

    // What the plan says is what is served, with no facts at hand either.
    const auto bare = Serving::on_fake();
    const auto rank = bare->open();
    rank->warm(plan);
    rank->warm(plan);
    CHECK(rank->plan().digest() == plan.digest());
    for (const std::string& text : texts) {
        const LookupInfo info = rank->explain(item(text).problem, {});
        CHECK(info.match == Match::exact);
        CHECK(info.tier == "plan");
        CHECK(info.config == serving->config(text).canonical_text());
    }
    forwards->warm(plan);
    CHECK(forwards->plan().digest() == plan.digest());
    // Other configs, another digest.
    serving->put(texts[0],
                 *serving->known().fallback(item(texts[0]).problem, serving->device.model), 1000);
    const auto later = serving->open();
    for (const std::string& text : texts) later->warm(std::vector{item(text)});
    CHECK_FALSE(later->plan().digest() == plan.digest());
}

TEST_CASE("a plan that cannot be had as it is says what differs, and nothing is loaded",
          "[dispatch]") {
    const auto serving = Serving::on_fake();
    serving->put(tuned, serving->config(tuned));
    const auto dispatcher = serving->open();
    dispatcher->warm(std::vector{item(tuned)});
    const Plan plan = dispatcher->plan();

    struct Row {
        std::function<void(PlanEntry&)> change;
        std::string named;
    };
    const std::vector<Row> table = {
        {[](PlanEntry& entry) { entry.revision += 1; }, "revision of family fake_plain"},
        {[](PlanEntry& entry) { entry.family = "gone"; }, "no family gone"},
        {[](PlanEntry& entry) { entry.compiler = "other"; }, "the compiler"},
        {[](PlanEntry& entry) { entry.options += "-O9"; }, "the options"},
        {[](PlanEntry& entry) { entry.config = "tile=7"; }, "tile=7"},
        {[](PlanEntry& entry) { entry.binaries = digest("other"); }, "binaries"},
    };
    for (const Row& row : table) {
        Plan changed = plan;
        row.change(changed.entries.at(0));
        const auto rank = serving->open();
        std::string what;
        CHECK(code_of([&] { rank->warm(changed); }, &what) == Errc::check_failed);
        INFO(what);
        CHECK(what.find(row.named) != std::string::npos);
        CHECK(what.find("gemm m=100") != std::string::npos);
        CHECK(rank->find(item(tuned).problem, {}) == nullptr);
    }
}

TEST_CASE("a lookup allocates nothing", "[dispatch]") {
    if (!allocations_are_counted) HONE_SKIP("a sanitizer counts allocations its own way");
    const auto serving = Serving::on_fake();
    serving->put(tuned, serving->config(tuned));
    const auto dispatcher = serving->open();
    dispatcher->warm(std::vector{item(tuned)});
    const Problem exact = item(tuned).problem, bucket = item("gemm m=101 n=48 k=32 a=f32").problem,
                  fallback = item("gemm m=9 n=9 k=9 a=f32").problem,
                  none = item("gemm m=9 n=9 k=9 a=bf16").problem;
    const std::uint64_t before = allocations();
    std::vector<int> one(1); // that it counts
    const std::uint64_t after_one = allocations();
    const bool found = dispatcher->find(exact, {}) && dispatcher->find(bucket, {}) &&
                       dispatcher->find(fallback, {}) && !dispatcher->find(none, {}) &&
                       dispatcher->launch(none, {}, {}, nullptr, 0) == Status::not_found;
    const std::uint64_t after = allocations();
    CHECK(found);
    CHECK(after_one == before + 1);
    CHECK(after == after_one);
}

TEST_CASE("lookups go on while more is warmed", "[dispatch]") {
    const auto serving = Serving::on_fake();
    serving->put(tuned, serving->config(tuned));
    const auto dispatcher = serving->open();
    dispatcher->warm(std::vector{item(tuned)});
    const Problem problem = item(tuned).problem;

    std::atomic<bool> done = false;
    std::atomic<int> lost = 0, running = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
        readers.emplace_back([&] {
            ++running;
            do {
                const Kernel* kernel = dispatcher->find(problem, {});
                // A kernel that was found stays loaded.
                if (!kernel || kernel->workspace_bytes(problem) != 0) ++lost;
                if (dispatcher->explain(problem, {}).match != Match::exact) ++lost;
            } while (!done);
        });
    while (running < 3) std::this_thread::yield();
    for (int m = 1; m <= 30; ++m) {
        const std::string text = "gemm m=" + std::to_string(m) + " n=48 k=32 a=f32";
        serving->put(text, serving->config(text));
        dispatcher->warm(std::vector{item(text), item(tuned)});
    }
    done = true;
    for (std::thread& reader : readers) reader.join();
    CHECK(lost == 0);
    CHECK(dispatcher->plan().entries.size() == 31);
}
