// Dispatcher lookups in tables of 1 to 10,000 programs: what every launch pays before it launches.

#ifdef HONE_HAS_BENCHMARK

#include "tests/dispatch/served.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

using namespace hone;

namespace {

Problem nth_problem(std::int64_t i) { return test::gemm(i + 1, 4096, 1024); }

dispatch::Table table_of(std::int64_t count) {
    std::vector<std::shared_ptr<const dispatch::Served>> served;
    for (std::int64_t i = 0; i < count; ++i)
        served.push_back(test::served({.problem = nth_problem(i)}));
    served.push_back(test::served({.problem = test::gemm(1, 1, 1), .match = Match::fallback}));
    return dispatch::Table(std::move(served));
}

// Looks up `problems` in turn, in an order that is no scan.
void look_up(benchmark::State& state, const std::vector<Problem>& problems) {
    const dispatch::Table table = table_of(state.range(0));
    const Contract contract;
    std::size_t at = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(table.find(problems[at], contract));
        at = (at + 7919) % problems.size();
    }
}

// The problems of a step come again and again: as many of the table as a model may have.
void exact(benchmark::State& state) {
    constexpr std::int64_t most = 64;
    const std::int64_t step = std::max<std::int64_t>(1, state.range(0) / most);
    std::vector<Problem> problems;
    for (std::int64_t i = 0; i < state.range(0); i += step) problems.push_back(nth_problem(i));
    look_up(state, problems);
}
BENCHMARK(exact)->Arg(1)->Arg(100)->Arg(10'000);

// All of the table in turn, so that the caches hold neither the table's entry nor the problem.
void exact_cold(benchmark::State& state) {
    std::vector<Problem> problems;
    for (std::int64_t i = 0; i < state.range(0); ++i) problems.push_back(nth_problem(i));
    look_up(state, problems);
}
BENCHMARK(exact_cold)->Arg(10'000);

// Other extents of n than any that is listed.
void bucket(benchmark::State& state) {
    std::vector<Problem> problems;
    for (std::int64_t i = 0; i < 64; ++i) problems.push_back(test::gemm(1 + i % 16, 100 + i, 8));
    look_up(state, problems);
}
BENCHMARK(bucket)->Arg(1)->Arg(100)->Arg(10'000);

// No exact program and none in the bucket.
void fallback(benchmark::State& state) {
    std::vector<Problem> problems;
    for (std::int64_t i = 0; i < 64; ++i) problems.push_back(test::gemm(100'000 + i, 8, 8));
    look_up(state, problems);
}
BENCHMARK(fallback)->Arg(1)->Arg(100);

void hash_of_a_problem(benchmark::State& state) {
    const Problem problem = nth_problem(0);
    for (auto _ : state) benchmark::DoNotOptimize(hash(problem));
}
BENCHMARK(hash_of_a_problem);

} // namespace

BENCHMARK_MAIN();

#else

#include <cstdio>

int main() { std::puts("bench_lookup needs Google Benchmark (libbenchmark-dev)"); }

#endif
