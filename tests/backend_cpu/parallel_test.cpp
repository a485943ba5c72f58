#include "bench_top.hpp"
#include "child.hpp"
#include "parallel.hpp"
#include "tests/catch.hpp"
#include "thread_pool.hpp"

#include <array>
#include <atomic>
#include <thread>

using namespace hone;
using namespace hone::test;

namespace {

// Each item waits for the others after each of 100 additions, and looks at their sums.
const char* const rounds_kernel = R"(
void f(Args a, Item item) {
    volatile int* d = *(int**)a[0];
    for (int round = 1; round <= 100; ++round) {
        d[item->index] += 1;
        item->wait(item->barrier);
        for (int i = 0; i < item->count; ++i)
            if (d[i] != round) d[item->count] = 1;
        item->wait(item->barrier);
    }
})";

struct CountingHost {
    int calls = 0, items = 0;
    static void run(void* context, int count, void (*body)(void*, int), void* argument) {
        auto& self = *static_cast<CountingHost*>(context);
        ++self.calls;
        self.items += count;
        std::vector<std::thread> threads;
        for (int i = 0; i < count; ++i) threads.emplace_back(body, argument, i);
        for (std::thread& thread : threads) thread.join();
    }
};

} // namespace

TEST_CASE("a pool runs every item once, item 0 on the calling thread", "[backend_cpu]") {
    cpu::ThreadPool pool({0, 0, 0});
    REQUIRE(pool.size() == 3);
    for (const int count : {0, 1, 2, 3}) {
        for (int repeat = 0; repeat < 200; ++repeat) {
            struct Seen {
                std::array<std::atomic<int>, 3> runs{};
                std::thread::id first;
            } seen;
            pool.run(
                count,
                [](void* argument, int index) {
                    auto& here = *static_cast<Seen*>(argument);
                    ++here.runs[static_cast<std::size_t>(index)];
                    if (index == 0) here.first = std::this_thread::get_id();
                },
                &seen);
            for (int i = 0; i < 3; ++i)
                REQUIRE(seen.runs[static_cast<std::size_t>(i)] == (i < count ? 1 : 0));
            if (count > 0) REQUIRE(seen.first == std::this_thread::get_id());
        }
    }
}

TEST_CASE("several threads may use one pool", "[backend_cpu]") {
    cpu::ThreadPool pool({0, 0});
    std::atomic<int> total{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller)
        callers.emplace_back([&] {
            for (int i = 0; i < 200; ++i)
                pool.run(
                    2,
                    [](void* sum, int index) { *static_cast<std::atomic<int>*>(sum) += 1 + index; },
                    &total);
        });
    for (std::thread& caller : callers) caller.join();
    CHECK(total == 4 * 200 * 3);
}

TEST_CASE("nobody passes a barrier before all have come", "[backend_cpu]") {
    cpu::ThreadPool pool({0, 0, 0, 0});
    struct Shared {
        cpu::Barrier barrier{4};
        std::atomic<int> arrived{0}, early{0};
    } shared;
    pool.run(
        4,
        [](void* argument, int) {
            auto& all = *static_cast<Shared*>(argument);
            for (int round = 1; round <= 200; ++round) {
                ++all.arrived;
                all.barrier.wait();
                if (all.arrived < 4 * round) ++all.early;
                all.barrier.wait();
            }
        },
        &shared);
    CHECK(shared.arrived == 800);
    CHECK(shared.early == 0);
}

TEST_CASE("items of a cooperative step meet at its barrier", "[backend_cpu]") {
    BenchTop top("");
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    const std::int64_t threads = top.device.model.cores;
    const auto loaded = top.load(
        one_step(source_module(rounds_kernel), {OperandArg{0}}, threads, Step::cooperative));
    REQUIRE(loaded.outcome == Outcome::ok);
    const auto count = static_cast<std::size_t>(threads);
    const auto sums = top.memory<int>(std::vector<int>(count + 1, 0), MemoryUse::output);
    REQUIRE(top.session->run(top.launch(*loaded.kernel, {{sums->data()}})).outcome == Outcome::ok);
    std::vector<int> expected(count + 1, 100);
    expected.back() = 0;
    CHECK(top.values<int>(*sums) == expected);

    SECTION("more of them than threads cannot run") {
        const auto larger = top.load(one_step(source_module(rounds_kernel), {OperandArg{0}},
                                              threads + 1, Step::cooperative));
        REQUIRE(larger.outcome == Outcome::ok);
        CHECK(top.session->run(top.launch(*larger.kernel, {{sums->data()}})).outcome ==
              Outcome::launch_failed);
    }
}

TEST_CASE("other steps may have any number of items", "[backend_cpu]") {
    BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    top.problem.dims[0] = 1000;
    Program program = one_step(
        source_module("void f(Args a, Item i) { (*(int**)a[0])[i->index] = i->count - i->index; }"),
        {OperandArg{0}});
    program.steps[0].grid[0] = {1, {{0, 1}}};
    const auto loaded = top.load(program);
    REQUIRE(loaded.outcome == Outcome::ok);
    const auto out = top.memory<int>(std::vector<int>(1000, 0), MemoryUse::output);
    REQUIRE(top.session->run(top.launch(*loaded.kernel, {{out->data()}})).outcome == Outcome::ok);
    const auto values = top.values<int>(*out);
    for (int i = 0; i < 1000; ++i) REQUIRE(values[static_cast<std::size_t>(i)] == 1000 - i);
}

TEST_CASE("the host's threads are used where it brings them", "[backend_cpu]") {
    CountingHost host;
    SessionOptions options;
    options.parallel = {CountingHost::run, &host};
    BenchTop top("", options);
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    if (top.device.model.cores < 2) HONE_SKIP("one core");
    const auto loaded =
        top.load(one_step(source_module(rounds_kernel), {OperandArg{0}}, 2, Step::cooperative));
    REQUIRE(loaded.outcome == Outcome::ok);
    const auto sums = top.memory<int>({0, 0, 0}, MemoryUse::output);
    REQUIRE(top.session->run(top.launch(*loaded.kernel, {{sums->data()}})).outcome == Outcome::ok);
    CHECK(top.values<int>(*sums) == std::vector<int>{100, 100, 0});
    CHECK(host.calls == 1);
    CHECK(host.items == 2);
}

TEST_CASE("a forked child starts threads of its own", "[backend_cpu]") {
#if defined(__SANITIZE_THREAD__)
    HONE_SKIP("the thread sanitizer has no threads after fork");
#endif
    const auto threads = cpu::own_threads({0, 0});
    const auto count_items = [&] {
        std::atomic<int> items{0};
        threads->run(
            2, [](void* sum, int) { ++*static_cast<std::atomic<int>*>(sum); }, &items);
        return items.load();
    };
    REQUIRE(count_items() == 2); // the parent has threads when it forks
    CHECK(exit_of_child(count_items) == 2);
    CHECK(exit_of_child([&] { return exit_of_child(count_items); }) == 2);
    CHECK(count_items() == 2);
}

TEST_CASE("a session and its kernels work in a forked child", "[backend_cpu]") {
    BenchTop top("");
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    const Program program = one_step(source_module(rounds_kernel), {OperandArg{0}},
                                     top.device.model.cores, Step::cooperative);
    const auto loaded = top.load(program);
    REQUIRE(loaded.outcome == Outcome::ok);
    const auto count = static_cast<std::size_t>(top.device.model.cores);
    const auto sums = top.memory<int>(std::vector<int>(count + 1, 0), MemoryUse::output);
    const auto works = [&](const Kernel& kernel) {
        top.session->fill(*sums, std::byte{0});
        (void)top.session->run(top.launch(kernel, {{sums->data()}}));
        return top.values<int>(*sums).front();
    };
    REQUIRE(works(*loaded.kernel) == 100);
    CHECK(exit_of_child([&] { return works(*loaded.kernel); }) == 100);
    CHECK(exit_of_child([&] {
              const auto fresh = top.load(program);
              return fresh.kernel ? works(*fresh.kernel) : 0;
          }) == 100);
}
