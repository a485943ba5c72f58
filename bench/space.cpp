// Setting up, drawing from and walking in a GEMM family's space of 10^12 raw points.

#ifdef HONE_HAS_BENCHMARK

#include "tests/space/gemm_space.hpp"

#include <benchmark/benchmark.h>

#include <random>

using namespace hone;

namespace {

const SearchSpace& gemm_space() {
    static const SearchSpace space(test::gemm_parameters(), test::gemm_constraints());
    return space;
}

// The same with its tree cut off where a level passes 50,000 nodes: the rest is drawn by rejection.
const SearchSpace& unlisted_space() {
    static const SearchSpace space(test::gemm_parameters(), test::gemm_constraints(), {50'000});
    return space;
}

void construct(benchmark::State& state) {
    for (auto _ : state) {
        const SearchSpace space(test::gemm_parameters(), test::gemm_constraints());
        state.counters["legal"] = static_cast<double>(space.legal_count().value_or(0));
    }
}
BENCHMARK(construct)->Unit(benchmark::kMillisecond);

void sample(benchmark::State& state, const SearchSpace& space) {
    std::mt19937_64 random(1);
    for (auto _ : state) benchmark::DoNotOptimize(space.sample(random));
}
BENCHMARK_CAPTURE(sample, listed, gemm_space());
BENCHMARK_CAPTURE(sample, by_rejection, unlisted_space());

void nth(benchmark::State& state) {
    std::uint64_t rank = 0;
    const std::uint64_t count = gemm_space().legal_count().value();
    for (auto _ : state) {
        benchmark::DoNotOptimize(gemm_space().nth(rank));
        rank = (rank + 7919) % count;
    }
}
BENCHMARK(nth);

// A walk, so that no two calls are about the same point.
void neighbours(benchmark::State& state, const SearchSpace& space) {
    std::mt19937_64 random(1);
    ConfigIndex at = space.sample(random).value();
    for (auto _ : state) {
        const auto found = space.neighbours(at);
        at = found.empty() ? space.sample(random).value() : found[random() % found.size()];
    }
}
BENCHMARK_CAPTURE(neighbours, listed, gemm_space());
BENCHMARK_CAPTURE(neighbours, by_checks, unlisted_space());

void legal(benchmark::State& state) {
    std::mt19937_64 random(1);
    for (auto _ : state)
        benchmark::DoNotOptimize(gemm_space().legal({random() % gemm_space().raw_count()}));
}
BENCHMARK(legal);

} // namespace

BENCHMARK_MAIN();

#else

#include <cstdio>

int main() { std::puts("bench_space needs Google Benchmark (libbenchmark-dev)"); }

#endif
