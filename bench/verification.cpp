// What proving one candidate costs the host, besides the candidate's own launches. The candidate is
// right: it holds what the plain algorithm gives.
#include "hone/gemm.hpp"
#include "lib/measure/verifier.hpp"
#include "lib/op/convert.hpp"
#include "lib/op/tensor.hpp"

#ifdef HONE_HAS_BENCHMARK
#include <benchmark/benchmark.h>

#include <cstdint>

namespace {

using namespace hone;

Problem cube(std::int64_t n) {
    Gemm gemm;
    gemm.m = gemm.n = gemm.k = n;
    return gemm.problem();
}

void write_right_result(const Problem& problem, const OperandSet& set) {
    const HostTensor& d = set.memory->results()[Gemm::d_arg];
    const ReferenceRows plain =
        gemm_operation()
            .reference(problem, set.memory->inputs(), {}, Operation::Arithmetic::plain)
            .front();
    for (const std::int64_t number : plain.rows) {
        const Row row = row_of(d.spec, number);
        store_run(d.spec.dtype, d.data, row.offset, row.stride, row.length,
                  plain.values.data() + number * row.length);
    }
}

void judge(benchmark::State& state, Verifier::Look look) {
    const Problem problem = cube(state.range(0));
    Verifier verifier(gemm_operation(), problem, 1);
    write_right_result(problem, verifier.set(0));
    if (verifier.judge(0, {}, look).outcome != Outcome::ok) state.SkipWithError("judged wrong");
    for (auto _ : state) benchmark::DoNotOptimize(verifier.judge(0, {}, look));
}

// Drawing a set and its references, once per problem.
void prepare(benchmark::State& state) {
    const Problem problem = cube(state.range(0));
    for (auto _ : state) {
        Verifier verifier(gemm_operation(), problem, 1);
        benchmark::DoNotOptimize(verifier.judge(0, {}, Verifier::Look::rows));
    }
}

} // namespace

BENCHMARK_CAPTURE(judge, rows, Verifier::Look::rows)
    ->Arg(256)
    ->Arg(1024)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(judge, whole, Verifier::Look::whole)
    ->Arg(256)
    ->Arg(1024)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(prepare)->Arg(256)->Arg(1024)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();

#else

#include <cstdio>

int main() {
    std::puts("skipped: built without Google Benchmark");
    return 0;
}

#endif
