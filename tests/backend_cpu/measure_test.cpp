#include "foreign_load.hpp"
#include "measure.hpp"
#include "tests/catch.hpp"

#include <atomic>
#include <functional>
#include <thread>
#include <unistd.h>

using namespace hone;

namespace {

// A machine whose clock moves only while a kernel runs.
struct FakeBench final : cpu::Bench {
    std::int64_t now = 0, lost = 0;
    int watches = 0, flushes = 0;
    std::int64_t now_ns() override { return now; }
    void watch() override { ++watches; }
    std::int64_t lost_ns() override { return lost; }
    void flush_caches() override { ++flushes; }
};

struct FakeKernel final : Kernel {
    std::function<void(std::span<const Tensor>)> body;
    explicit FakeKernel(std::function<void(std::span<const Tensor>)> run) : body(std::move(run)) {}
    std::size_t workspace_bytes(const Problem&) const noexcept override { return 0; }
    Status launch(const Problem&, std::span<const Tensor> operands, std::span<void* const>, void*,
                  Stream) const noexcept override {
        body(operands);
        return Status::ok;
    }
    Status prepare(int, const Problem&, std::span<const Tensor>, void*,
                   Stream) const noexcept override {
        return Status::ok;
    }
};

const Problem problem;

Launch launch_of(const Kernel& kernel) {
    Launch launch;
    launch.kernel = &kernel;
    launch.problem = &problem;
    return launch;
}

Policy warm(std::int64_t min_sample_ns, std::int64_t warm_up_ns = 0) {
    Policy policy;
    policy.name = "test";
    policy.min_sample_ns = min_sample_ns;
    policy.warm_up_ns = warm_up_ns;
    policy.max_foreign_load = 0.1;
    return policy;
}

std::vector<Samples> measured(FakeBench& bench, const std::vector<Launch>& launches,
                              const Policy& policy, int rounds) {
    return cpu::measure(bench, launches, policy, rounds,
                        std::chrono::steady_clock::now() + std::chrono::hours(1));
}

} // namespace

TEST_CASE("a sample is the mean over as many launches as its shortest time takes",
          "[backend_cpu]") {
    FakeBench bench;
    int launches = 0;
    const FakeKernel kernel([&](auto) {
        bench.now += 250;
        ++launches;
    });
    const auto samples = measured(bench, {launch_of(kernel)}, warm(1000), 3);
    CHECK(samples.at(0).picoseconds == std::vector<std::int64_t>(3, 250'000));
    CHECK(samples[0].dropped == 0);
    CHECK(bench.watches == 1);
    CHECK(launches == 1 + 1 + 3 * 4); // the first, a warm-up, and four per sample
}

TEST_CASE("who has rivals warms up before each sample, who has none once", "[backend_cpu]") {
    FakeBench bench;
    int launches = 0;
    const FakeKernel kernel([&](auto) {
        bench.now += 100;
        ++launches;
    });
    (void)measured(bench, {launch_of(kernel)}, warm(0, 1000), 2);
    CHECK(launches == 1 + 10 + 2);
    launches = 0;
    (void)measured(bench, {launch_of(kernel), launch_of(kernel)}, warm(0, 1000), 2);
    CHECK(launches == 2 * (1 + 2 * (10 + 1)));
}

TEST_CASE("rounds visit every contender once, in rotating order", "[backend_cpu]") {
    FakeBench bench;
    std::string order;
    std::vector<FakeKernel> kernels;
    for (const char name : {'a', 'b', 'c'})
        kernels.emplace_back([&bench, &order, name](auto) {
            bench.now += 10;
            order += name;
        });
    std::vector<Launch> launches;
    for (const FakeKernel& kernel : kernels) launches.push_back(launch_of(kernel));
    const auto samples = measured(bench, launches, warm(0), 4);
    CHECK(order == "abc"
                   "aabbcc"
                   "bbccaa"
                   "ccaabb"
                   "aabbcc");
    for (const Samples& each : samples) CHECK(each.picoseconds.size() == 4);
}

TEST_CASE("samples that others disturbed are dropped and taken again", "[backend_cpu]") {
    FakeBench bench;
    int launches = 0;
    // Launch 0 primes; then a warm-up and a launch per sample: 2 is the first sample.
    const FakeKernel kernel([&](auto) {
        bench.now += 1000;
        if (launches == 2) bench.lost += 200; // 20 %
        if (launches == 4) bench.lost += 50;  // 5 % is allowed
        ++launches;
    });
    const auto samples = measured(bench, {launch_of(kernel)}, warm(0), 2);
    CHECK(samples.at(0).picoseconds.size() == 2);
    CHECK(samples[0].dropped == 1);
}

TEST_CASE("on a machine that is always busy the least disturbed sample is kept", "[backend_cpu]") {
    FakeBench bench;
    int launches = 0;
    const FakeKernel kernel([&](auto) {
        bench.now += launches == 6 ? 1100 : 2000;
        bench.lost += launches == 6 ? 300 : 900;
        ++launches;
    });
    const auto samples = measured(bench, {launch_of(kernel)}, warm(0), 2);
    CHECK(samples.at(0).picoseconds == std::vector<std::int64_t>{1'100'000});
    CHECK(samples[0].dropped == 5);
}

TEST_CASE("inout operands are restored outside the time, before each launch but the first of a set",
          "[backend_cpu]") {
    FakeBench bench;
    int fresh = 0, stale = 0;
    const FakeKernel kernel([&](std::span<const Tensor> operands) {
        bench.now += 500;
        int& value = *static_cast<int*>(operands[0].data);
        ++(value == 7 ? fresh : stale);
        value = 8;
    });
    int first = 7, second = 7;
    const int original = 7;
    Launch launch = launch_of(kernel);
    launch.operand_sets = {{{&first}}, {{&second}}};
    launch.restore = {{{&first, &original, sizeof original}},
                      {{&second, &original, sizeof original}}};
    const auto samples = measured(bench, {launch}, warm(2000), 3);
    CHECK(samples.at(0).picoseconds == std::vector<std::int64_t>(3, 500'000));
    CHECK(stale == 0);
    CHECK(fresh == 1 + 1 + 3 * 4);
}

TEST_CASE("cold samples are single launches on flushed caches", "[backend_cpu]") {
    FakeBench bench;
    int launches = 0;
    const FakeKernel kernel([&](auto) {
        CHECK(bench.flushes == launches); // none before the priming launch
        bench.now += 300;
        ++launches;
    });
    Policy policy = warm(100'000, 100'000);
    policy.cold = true;
    const auto samples = measured(bench, {launch_of(kernel)}, policy, 5);
    CHECK(samples.at(0).picoseconds == std::vector<std::int64_t>(5, 300'000));
    CHECK(bench.flushes == 5);
}

TEST_CASE("measuring ends at the deadline with what it has", "[backend_cpu]") {
    FakeBench bench;
    const FakeKernel kernel([&](auto) { bench.now += 10; });
    const std::vector<Launch> launches{launch_of(kernel), launch_of(kernel)};
    const auto samples =
        cpu::measure(bench, launches, warm(0), 1000, std::chrono::steady_clock::now());
    REQUIRE(samples.size() == 2);
    CHECK(samples[0].picoseconds.size() == 1);
    CHECK(samples[1].picoseconds.empty());
}

TEST_CASE("time that threads of this process wait for a CPU counts as lost", "[backend_cpu]") {
    if (access("/proc/self/schedstat", R_OK) != 0) HONE_SKIP("no scheduler statistics");
    // Two threads on one CPU wait for each other about half of the time.
    std::atomic<bool> stop{false};
    const auto spin = [&] {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(0, &set);
        sched_setaffinity(0, sizeof set, &set);
        while (!stop) {
        }
    };
    std::thread one(spin), two(spin);
    const cpu::ForeignLoad load;
    const std::int64_t before = load.lost_ns();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const std::int64_t lost = load.lost_ns() - before;
    stop = true;
    one.join();
    two.join();
    CHECK(lost > 20'000'000);
}
