// What isolation costs: messages, a worker's start, a run with one candidate.
#include "hone/error.hpp"
#include "hone/gemm.hpp"
#include "hone/registry.hpp"
#include "lib/worker/compile_pool.hpp"
#include "lib/worker/device_worker.hpp"
#include "lib/worker/message.hpp"
#include "lib/worker/process.hpp"

#ifdef HONE_HAS_BENCHMARK
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

using namespace hone;

namespace {

constexpr std::array kinds{PluginKind::backend};

// A program of a few steps with a compiled module of 50 KB.
Executable some_executable() {
    Executable executable;
    Step step;
    step.kernel = "kernel";
    step.args = {OperandArg{Gemm::a_arg}, OperandArg{Gemm::d_arg}, DimArg{Gemm::m_dim}};
    executable.program.steps.assign(4, step);
    executable.program.modules.emplace_back();
    executable.program.modules[0].source = std::string(10'000, ' ');
    executable.binaries.push_back({"elf-object", std::vector<std::byte>(50'000), {}});
    return executable;
}

void message(benchmark::State& state) {
    const Load load{some_executable()};
    for (auto _ : state) {
        const std::vector<std::byte> bytes = encode(load);
        benchmark::DoNotOptimize(decode<Load>(bytes));
    }
}
BENCHMARK(message)->Unit(benchmark::kMicrosecond);

void start_of_a_worker(benchmark::State& state) {
    Options options = Options::from_env();
    const Hello greeting = hello(options, "cpu", {}, 0);
    for (auto _ : state) {
        WorkerProcess worker(options, "compile", greeting);
        if (!worker.wait_until_ready(after(10))) state.SkipWithError("the worker did not start");
    }
}
BENCHMARK(start_of_a_worker)->Unit(benchmark::kMillisecond)->UseRealTime();

// On the CPU, with the smallest kernel there is.
struct Cpu {
    Options options = Options::from_env();
    Registry registry{options, kinds};
    const Backend& backend = registry.backend("cpu");
    Device device = backend.devices("1").at(0);
    Executable executable;

    Cpu() {
        Module module;
        module.name = "kernel.c";
        module.source = "struct item; void kernel(void* const* args, const struct item* item) {"
                        " **(float**)args[0] = 1; }";
        module.entries = {"kernel"};
        Step step;
        step.kernel = "kernel";
        step.args = {OperandArg{Gemm::d_arg}};
        executable.program.modules = {module};
        executable.program.steps = {step};
        CompilePool pool(options, backend, device.model, {}, 1, {});
        pool.submit(1, module);
        executable.binaries = {pool.wait(60).at(0).result.binary};
    }
};

void first_compile(benchmark::State& state) {
    const Cpu cpu;
    for (auto _ : state) {
        CompilePool pool(cpu.options, cpu.backend, cpu.device.model, {}, 1, {});
        pool.submit(1, cpu.executable.program.modules[0]);
        benchmark::DoNotOptimize(pool.wait(60));
    }
}
BENCHMARK(first_compile)->Unit(benchmark::kMillisecond)->UseRealTime();

void later_compile(benchmark::State& state) {
    const Cpu cpu;
    CompilePool pool(cpu.options, cpu.backend, cpu.device.model, {}, 1, {});
    for (auto _ : state) {
        pool.submit(1, cpu.executable.program.modules[0]);
        benchmark::DoNotOptimize(pool.wait(60));
    }
}
BENCHMARK(later_compile)->Unit(benchmark::kMillisecond)->UseRealTime();

// Operands of 3 n^2 floats.
void run_load_check(benchmark::State& state) {
    const Cpu cpu;
    Gemm gemm;
    gemm.m = gemm.n = gemm.k = state.range(0);
    const Problem problem = gemm.problem();
    const auto set = std::make_shared<OperandMemory>(gemm_operation().args(problem));
    DeviceWorker worker(cpu.options, cpu.backend, cpu.device, {});
    worker.set_problem(gemm_operation(), problem, {set});
    for (auto _ : state) {
        Run run = worker.start();
        if (run.load(cpu.executable).outcome != Outcome::ok ||
            run.check(0, 0).run.outcome != Outcome::ok)
            state.SkipWithError("the candidate failed");
    }
}
BENCHMARK(run_load_check)->Arg(64)->Arg(1024)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    try {
        benchmark::RunSpecifiedBenchmarks();
    } catch (const Error& error) { // no worker, no compiler
        benchmark::Shutdown();
        fprintf(stderr, "%s\n", error.what());
        return exit_code(error.code());
    }
    benchmark::Shutdown();
}

#else

int main() {}

#endif
