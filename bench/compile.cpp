// How well compiling spreads over compile workers: the same modules through one worker and through
// several, in turns.
//
//   bench_compile [COUNT [JOBS [ARCH [FAMILY]]]]     one JSON object on stdout
//
// COUNT (200) gemm variants of a CUDA family (the first that compiles the problem) for ARCH
// (sm_80), chosen to cover pairs of parameter values. They go through in portions of 20, each
// portion once by one worker and once by JOBS (2), the order alternating, so that a machine whose
// speed drifts is fair to both. Nothing is cached; workers are warm.
#include "hone/error.hpp"
#include "hone/gemm.hpp"
#include "hone/known_gpus.hpp"
#include "hone/registry.hpp"
#include "lib/tune/pairs.hpp"
#include "lib/worker/compile_pool.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace hone;
using Clock = std::chrono::steady_clock;

constexpr std::size_t portion = 20;

const KernelFamily& family_for(const Registry& registry, const Problem& problem,
                               const DeviceModel& device, const std::string& wanted) {
    for (const KernelFamily* family : registry.families()) {
        if (family->backend() != "cuda" || family->operation() != "gemm" || family->vendor())
            continue;
        if (!wanted.empty() && family->name() != wanted) continue;
        if (family->supports(problem, device).yes) return *family;
    }
    throw Error(Errc::unavailable, "no family compiles " + wanted + " for " + device.arch);
}

double seconds_of(CompilePool& pool, std::span<const Module> modules, int& failed) {
    const auto begin = Clock::now();
    std::uint64_t ticket = 0;
    for (const Module& module : modules) pool.submit(ticket++, module);
    while (pool.pending() > 0)
        for (const Compiled& compiled : pool.wait(1))
            failed += compiled.result.outcome != Outcome::ok;
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

int run(std::size_t count, int jobs, const std::string& arch, const std::string& family_name) {
    const Options options = Options::from_env();
    const Registry registry(options);
    const auto device = known_gpu(arch);
    if (!device) throw Error(Errc::usage, "no GPU of architecture " + arch + " is known");
    Gemm gemm;
    gemm.m = gemm.n = gemm.k = 4096;
    const Problem problem = gemm.problem();
    const KernelFamily& family = family_for(registry, problem, *device, family_name);
    const SearchSpace space = family.space(problem, *device);
    std::vector<Module> modules;
    for (const ConfigIndex index : covering_sample(space, static_cast<std::int64_t>(count), 0))
        for (Module& module : family.emit(problem, space.config(index), *device).modules)
            modules.push_back(std::move(module));

    const Backend& backend = registry.backend("cuda");
    CompilePool serial(options, backend, *device, {}, 1, {}),
        parallel(options, backend, *device, {}, jobs, {});
    int failed = 0;
    // Each worker's first compile loads the compiler.
    const std::vector<Module> first(static_cast<std::size_t>(jobs), modules.front());
    (void)seconds_of(serial, first, failed);
    (void)seconds_of(parallel, first, failed);
    double alone = 0, together = 0;
    for (std::size_t begin = 0, turn = 0; begin < modules.size(); begin += portion, ++turn) {
        const auto part =
            std::span(modules).subspan(begin, std::min(portion, modules.size() - begin));
        if (turn % 2 == 0) alone += seconds_of(serial, part, failed);
        together += seconds_of(parallel, part, failed);
        if (turn % 2 == 1) alone += seconds_of(serial, part, failed);
    }
    fmt::print(
        "{{\"family\":\"{}\",\"arch\":\"{}\",\"compiler\":\"{}\",\"modules\":{},\"failed\":{},"
        "\"jobs\":{},\"serial_s\":{:.2f},\"parallel_s\":{:.2f},\"speedup\":{:.3f}}}\n",
        family.name(), arch, backend.compiler_identity(), modules.size(), failed, jobs, alone,
        together, alone / together);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const auto word = [&](int index, const char* otherwise) {
        return std::string(argc > index ? argv[index] : otherwise);
    };
    try {
        return run(static_cast<std::size_t>(std::atoi(word(1, "200").c_str())),
                   std::atoi(word(2, "2").c_str()), word(3, "sm_80"), word(4, ""));
    } catch (const hone::Error& error) {
        fmt::print(stderr, "{}: {}\n", error.what(), error.hint());
        return hone::exit_code(error.code());
    }
}
