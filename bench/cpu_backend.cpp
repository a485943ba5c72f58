// What the CPU backend and its gemm family cost and reach on this machine:
//   bench_cpu_backend             compile and load times, and rates against the FMA peak
//   bench_cpu_backend M N K [LAYOUT [TYPE [THREADS [CONFIG...]]]]    rates of one problem
// Times of compiling are CPU time of the calling thread, which others on the machine do not
// stretch.

#include "bench/cpu_contest.hpp"
#include "hone/gemm.hpp"
#include "hone/registry.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <numeric>
#include <time.h>

using namespace hone;

namespace {

double cpu_ms() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

template <typename Work> double median_cpu_ms(int times, Work&& work) {
    std::vector<double> taken;
    for (int i = 0; i < times; ++i) {
        const double start = cpu_ms();
        work();
        taken.push_back(cpu_ms() - start);
    }
    std::nth_element(taken.begin(), taken.begin() + times / 2, taken.end());
    return taken[static_cast<std::size_t>(times / 2)];
}

std::int64_t median(std::vector<std::int64_t> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

Module simple_module() {
    Module module;
    module.name = "simple.c";
    module.source = "void f(void* const* args, const void* item) { **(float**)args[0] += 1; }";
    module.entries = {"f"};
    return module;
}

Program one_step(Module module, std::int64_t items) {
    Step step;
    step.kernel = "f";
    step.grid[0] = {items, {}};
    step.args = {OperandArg{0}};
    Program program;
    program.modules.push_back(std::move(module));
    program.steps.push_back(std::move(step));
    return program;
}

class Desk {
  public:
    Desk(const Registry& registry, const std::string& spec)
        : backend_(registry.backend("cpu")), family_(registry.family("gemm_cpu")),
          device_(backend_.devices(spec).at(0)), session_(backend_.open(device_, {})) {}

    const DeviceModel& model() const { return device_.model; }
    Session& session() { return *session_; }
    const Backend& backend() const { return backend_; }
    const KernelFamily& family() const { return family_; }

    std::unique_ptr<Kernel> load(const Program& program) {
        std::vector<Binary> binaries;
        for (const Module& module : program.modules) {
            CompileResult compiled = backend_.compile(module, model());
            if (compiled.outcome != Outcome::ok) throw std::runtime_error(compiled.log);
            binaries.push_back(std::move(compiled.binary));
        }
        auto loaded = session_->load(program, binaries);
        if (!loaded.kernel) throw std::runtime_error(loaded.detail);
        return std::move(loaded.kernel);
    }

  private:
    const Backend& backend_;
    const KernelFamily& family_;
    Device device_;
    std::unique_ptr<Session> session_;
};

// One thread: its own CPU time, the lower quartile of interleaved launches.
std::vector<Samples> cpu_times(Desk& desk, const std::vector<Launch>& launches) {
    std::vector<Samples> samples(launches.size());
    const double begin = cpu_ms();
    for (int round = 0; round < 5 || (round < 21 && cpu_ms() - begin < 10'000); ++round)
        for (std::size_t i = 0; i < launches.size(); ++i) {
            (void)desk.session().run(launches[i]); // the caches belonged to the one before
            const double start = cpu_ms();
            int count = 0;
            do {
                (void)desk.session().run(launches[i]);
                ++count;
            } while (cpu_ms() - start < 1);
            samples[i].picoseconds.push_back(
                static_cast<std::int64_t>((cpu_ms() - start) * 1e9 / count));
        }
    for (Samples& taken : samples) {
        std::sort(taken.picoseconds.begin(), taken.picoseconds.end());
        taken.picoseconds.resize(taken.picoseconds.size() / 2); // its median is the quartile
    }
    return samples;
}

// Times and a share of peak for each config, all interleaved with the peak loop.
void rates(Desk& desk, const Gemm& gemm, const std::vector<std::pair<std::string, Config>>& named) {
    const Problem problem = gemm.problem();
    const auto specs = gemm_operation().args(problem);
    std::vector<std::unique_ptr<Memory>> memory;
    std::vector<Tensor> operands(specs.size());
    float factor = 1;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (!specs[i].present()) continue;
        operands[i].strides = specs[i].strides;
        operands[i].data = &factor;
        if (specs[i].rank == 0) continue;
        memory.push_back(desk.session().allocate(static_cast<std::size_t>(specs[i].storage_bytes()),
                                                 MemoryUse::output));
        desk.session().fill(*memory.back(), std::byte{0x3e});
        operands[i].data = memory.back()->data();
    }

    const timing::PeakLoop loop(desk.model());
    std::vector<std::unique_ptr<Kernel>> kernels;
    std::vector<std::unique_ptr<Memory>> workspaces;
    std::vector<Launch> launches;
    const auto add = [&](const Program& program) {
        kernels.push_back(desk.load(program));
        workspaces.push_back(desk.session().allocate(kernels.back()->workspace_bytes(problem),
                                                     MemoryUse::workspace));
        Launch launch;
        launch.kernel = kernels.back().get();
        launch.problem = &problem;
        launch.operand_sets = {operands};
        launch.workspace = workspaces.back()->data();
        launches.push_back(launch);
    };
    add(loop.program);
    for (const auto& [name, config] : named) add(desk.family().emit(problem, config, desk.model()));

    const auto samples =
        desk.model().cores == 1
            ? cpu_times(desk, launches)
            : desk.session().measure(launches, policy("cpu-warm/1"), 11,
                                     std::chrono::steady_clock::now() + std::chrono::seconds(60));
    const double peak = loop.flops / static_cast<double>(median(samples[0].picoseconds)) * 1e3;
    const double flops = gemm_operation().work(problem).flops;
    fmt::print("{}  cpu:{}  peak {:.1f} GFLOP/s\n", short_text(gemm_operation().schema(), problem),
               desk.model().cores, peak);
    for (std::size_t i = 0; i < named.size(); ++i) {
        const std::int64_t time = median(samples[i + 1].picoseconds);
        const double rate = flops / static_cast<double>(time) * 1e3;
        fmt::print("  {:9} {:9.1f} us {:7.1f} GFLOP/s {:5.1f} %  dropped {:3}  {}\n",
                   named[i].first, static_cast<double>(time) / 1e6, rate, 100 * rate / peak,
                   samples[i + 1].dropped, named[i].second.canonical_text());
    }
}

std::vector<std::pair<std::string, Config>> known_configs(const Desk& desk, const Gemm& gemm) {
    const Problem problem = gemm.problem();
    std::vector<std::pair<std::string, Config>> named{
        {"fallback", *desk.family().fallback(problem, desk.model())}};
    int number = 0;
    for (Config& config : desk.family().seeds(problem, desk.model()))
        named.emplace_back("seed " + std::to_string(++number), std::move(config));
    return named;
}

void costs(Desk& desk) {
    const auto compile = [&](const Module& module) {
        const CompileResult result = desk.backend().compile(module, desk.model());
        if (result.outcome != Outcome::ok) throw std::runtime_error(result.log);
        return result.binary;
    };
    double start = cpu_ms();
    const Binary simple = compile(simple_module());
    fmt::print("first compile, with Clang loaded   {:8.2f} ms\n", cpu_ms() - start);
    fmt::print("compile of a simple kernel         {:8.2f} ms\n",
               median_cpu_ms(7, [&] { (void)compile(simple_module()); }));

    const Program program = one_step(simple_module(), 1);
    float value = 0;
    const Problem problem;
    const Tensor operand{&value};
    fmt::print("load of an object and first launch {:8.2f} ms\n", median_cpu_ms(51, [&] {
                   const auto loaded = desk.session().load(program, {&simple, 1});
                   (void)loaded.kernel->launch(problem, {&operand, 1}, {}, nullptr, {});
               }));
    for (const Layout layout : {Layout::nn, Layout::nt})
        for (const std::int64_t m : {8, 1024}) {
            Gemm gemm;
            gemm.m = m;
            gemm.n = gemm.k = 1024;
            gemm.layout = layout;
            const Config seed = desk.family().seeds(gemm.problem(), desk.model()).at(0);
            const Program emitted = desk.family().emit(gemm.problem(), seed, desk.model());
            fmt::print("compile of gemm {} m={:<4}          {:8.2f} ms\n",
                       layout == Layout::nn ? "nn" : "nt", m,
                       median_cpu_ms(7, [&] { (void)compile(emitted.modules[0]); }));
        }
}

} // namespace

int main(int argc, char** argv) try {
    const std::array kinds{PluginKind::backend, PluginKind::family};
    const Registry registry(Options{}, kinds);
    const auto argument = [&](int i, const char* otherwise) {
        return std::string(i < argc ? argv[i] : otherwise);
    };
    Gemm gemm;
    gemm.m = std::stoll(argument(1, "1024"));
    gemm.n = std::stoll(argument(2, "1024"));
    gemm.k = std::stoll(argument(3, "1024"));
    for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn, Layout::tt})
        if (argument(4, "nn") ==
            std::array{"nn", "nt", "tn", "tt"}[static_cast<std::size_t>(layout)])
            gemm.layout = layout;
    gemm.a = gemm.b = gemm.d = parse_dtype(argument(5, "f32")).value();
    Desk desk(registry, argument(6, ""));
    if (argc < 4) costs(desk);
    auto named = known_configs(desk, gemm);
    for (int i = 7; i < argc; ++i) {
        Config config = named.front().second; // the rest as in the fallback
        config.set("MODE", std::string("outer"));
        const Config given = Config::parse(argv[i]);
        for (const auto& [name, value] : given.values()) config.set(name, value);
        named.emplace_back("given " + std::to_string(i - 6), config);
    }
    rates(desk, gemm, named);
    return 0;
} catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
}
