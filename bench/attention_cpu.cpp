// What attention_cpu reaches on this machine. All contenders of a comparison run in turns in one
// process, on the same threads.
//   bench_attention_cpu forward TEXT THREADS [CONFIG...]    rates against the FMA peak
//   bench_attention_cpu unfused TEXT THREADS [CONFIG...]    and against BLAS and a softmax (f32)
//   bench_attention_cpu decode  TEXT THREADS [CONFIG...]    bandwidths, operands beyond the caches
//   bench_attention_cpu turns   TEXT THREADS    seconds of a sample of the first seed per line of
//   input
// TEXT: a problem as in "attention batch=1 heads=8 q_len=1024 ...". THREADS: a number, 0: all.
// CONFIG: pairs that replace those of the first seed.
#include "bench/cpu_contest.hpp"
#include "bench/spin_pool.hpp"
#include "bench/unfused_attention.hpp"
#include "hone/attention.hpp"
#include "hone/backend.hpp"
#include "hone/registry.hpp"
#include "hone/workload.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <deque>
#include <functional>
#include <iostream>
#include <span>

using namespace hone;
using timing::median;

namespace {

double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

struct Contender {
    std::string name;
    std::function<void()> run;
    std::vector<double> seconds;
};

// Samples of at least `least` seconds, each after one launch that is not timed.
void race(std::span<Contender> contenders, double budget, double least) {
    const double begin = seconds();
    for (std::size_t round = 0; round < 7 || (seconds() - begin < budget && round < 200); ++round)
        for (std::size_t i = 0; i < contenders.size(); ++i) {
            Contender& contender = contenders[(i + round) % contenders.size()];
            if (least > 0) contender.run();
            const double start = seconds();
            int count = 0;
            do {
                contender.run();
                ++count;
            } while (seconds() - start < least);
            contender.seconds.push_back((seconds() - start) / count);
        }
}

// Reads two operands by STREAMS streams per item, each of a part of its own.
Module read_module(int streams) {
    Module module;
    module.name = "read.c";
    module.source = R"kernel(
        struct hone_cpu_item { int index, count; void* barrier; void (*wait)(void*); };
        typedef float V __attribute__((vector_size(64), aligned(4)));
        void f(void* const* args, const struct hone_cpu_item* item) {
            V sum[STREAMS];
            for (int s = 0; s < STREAMS; ++s) sum[s] = (V){};
            const long length = *(long*)args[2] / item->count / STREAMS / 16 * 16;
            for (int operand = 0; operand < 2; ++operand) {
                const float* from = *(float**)args[operand] + item->index * length * STREAMS;
                for (long i = 0; i < length; i += 16)
                    #pragma clang loop unroll(full)
                    for (int s = 0; s < STREAMS; ++s) sum[s] += *(const V*)(from + s * length + i);
            }
            for (int s = 1; s < STREAMS; ++s) sum[0] += sum[s];
            if (sum[0][0] == 1.25f) *(volatile float*)0 = 1;
        })kernel";
    module.options = {"-DSTREAMS=" + std::to_string(streams)};
    return module;
}

Program one_step(Module module, std::int64_t items, std::vector<KernelArg> args) {
    module.entries = {"f"};
    Step step;
    step.kernel = "f";
    step.grid[0] = {items, {}};
    step.args = std::move(args);
    Program program;
    program.modules.push_back(std::move(module));
    program.steps.push_back(std::move(step));
    return program;
}

class Desk {
  public:
    // Threads of a spinning pool, or those of the backend, which sleep between launches.
    Desk(const Registry& registry, const std::string& text, const std::string& threads, bool spin)
        : backend_(registry.backend("cpu")),
          device_(backend_.devices(threads == "0" ? "" : threads).at(0)),
          pool_(spin ? static_cast<int>(device_.model.cores) : 1),
          session_(
              backend_.open(device_, {.parallel = spin ? pool_.parallel_run() : ParallelRun{}})) {
        if (spin) pool_.pin();
        const std::array operations{&attention_operation(), &attention_backward_operation()};
        const WorkloadItem item = parse_problem(text, operations);
        problem_ = item.problem;
        operation_ = item.operation;
        family_ = &registry.family(
            problem_.operation.view() == "attention" ? "attention_cpu" : "attention_backward_cpu");
    }

    const Problem& problem() const { return problem_; }
    const Operation& operation() const { return *operation_; }
    const DeviceModel& model() const { return device_.model; }
    SpinPool& pool() { return pool_; }

    // Operands whose inputs are filled in; `sets` copies of them.
    void make_operands(std::size_t sets) {
        const std::vector<ArgSpec> specs = operation_->args(problem_);
        for (std::size_t set = 0; set < sets; ++set) {
            std::vector<HostTensor> host(specs.size());
            std::vector<Tensor> operands(specs.size());
            for (std::size_t i = 0; i < specs.size(); ++i) {
                host[i].spec = specs[i];
                if (!specs[i].present()) continue;
                memory_.push_back(session_->allocate(
                    static_cast<std::size_t>(specs[i].storage_bytes()), MemoryUse::output));
                host[i].data = operands[i].data = memory_.back()->data();
                operands[i].strides = specs[i].strides;
            }
            operation_->make_inputs(problem_, Distribution::normal, set + 1, host);
            sets_.push_back(std::move(operands));
        }
    }
    std::span<const Tensor> operands(std::size_t set) const { return sets_[set]; }

    // A launch. All launches take one set of operands after the other.
    std::function<void()> launcher(const Program& program) {
        std::vector<Binary> binaries;
        for (const Module& module : program.modules) {
            CompileResult compiled = backend_.compile(module, model());
            if (compiled.outcome != Outcome::ok) throw std::runtime_error(compiled.log);
            binaries.push_back(std::move(compiled.binary));
        }
        auto loaded = session_->load(program, binaries);
        if (!loaded.kernel) throw std::runtime_error(loaded.detail);
        kernels_.push_back(std::move(loaded.kernel));
        const Kernel* kernel = kernels_.back().get();
        memory_.push_back(
            session_->allocate(kernel->workspace_bytes(problem_), MemoryUse::workspace));
        return [this, kernel, workspace = memory_.back()->data()] {
            (void)kernel->launch(problem_, sets_[next_set_], {}, workspace, {});
            next_set_ = (next_set_ + 1) % sets_.size();
        };
    }

    std::vector<Contender> own(std::span<char*> given) {
        std::vector<Contender> contenders;
        const auto add = [&](const std::string& name, const Config& config) {
            contenders.push_back({name + "  " + config.canonical_text(),
                                  launcher(family_->emit(problem_, config, model())),
                                  {}});
        };
        add("fallback", *family_->fallback(problem_, model()));
        const std::vector<Config> seeds = family_->seeds(problem_, model());
        for (const Config& seed : seeds) add("seed", seed);
        for (const char* text : given) {
            Config config = seeds.at(0);
            const Config changes = Config::parse(text);
            for (const auto& [name, value] : changes.values()) config.set(name, value);
            add("given", config);
        }
        return contenders;
    }

  private:
    const Backend& backend_;
    const KernelFamily* family_ = nullptr;
    Device device_;
    SpinPool pool_;
    std::unique_ptr<Session> session_;
    Problem problem_;
    const Operation* operation_ = nullptr;
    std::vector<std::unique_ptr<Memory>> memory_;
    std::vector<std::unique_ptr<Kernel>> kernels_;
    std::vector<std::vector<Tensor>> sets_;
    std::size_t next_set_ = 0;
};

void print_rates(const Desk& desk, std::span<const Contender> contenders, double peak) {
    const double flops = desk.operation().work(desk.problem()).flops;
    for (const Contender& contender : contenders) {
        const double time = median(contender.seconds);
        std::vector<double> ratios;
        for (std::size_t i = 0; i < contender.seconds.size(); ++i)
            ratios.push_back(contender.seconds[i] / contenders[0].seconds[i]);
        fmt::print("  {:9.1f} us {:7.1f} GFLOP/s {:5.1f} %  x{:.3f}  {}\n", time * 1e6,
                   flops / time / 1e9, 100 * flops / time / peak, median(ratios), contender.name);
    }
}

void forward(Desk& desk, std::span<char*> configs, bool unfused) {
    desk.make_operands(1);
    const timing::PeakLoop loop(desk.model());
    std::vector<Contender> contenders{{"peak", desk.launcher(loop.program), {}}};
    std::deque<UnfusedAttention> libraries;
    if (unfused) {
        const Attention attention = Attention::from(desk.problem());
        for (const char* name : {"openblas", "blis", "onednn"}) {
            if (!UnfusedAttention::available(name)) continue;
            libraries.emplace_back(name, attention, desk.pool());
            contenders.push_back(
                {std::string("unfused ") + name,
                 [&desk, &library = libraries.back()] { library.run(desk.operands(0)); },
                 {}});
        }
    }
    for (Contender& contender : desk.own(configs)) contenders.push_back(std::move(contender));
    race(contenders, 10, 5e-3);
    const double peak = loop.flops / median(contenders[0].seconds);
    fmt::print("{}  cpu:{}  peak {:.1f} GFLOP/s\n",
               short_text(desk.operation().schema(), desk.problem()), desk.model().cores,
               peak / 1e9);
    print_rates(desk, std::span(contenders).subspan(1), peak);
}

void decode(Desk& desk, std::span<char*> configs) {
    const ArgSpec keys = desk.operation().args(desk.problem())[Attention::k_arg];
    const double bytes = desk.operation().work(desk.problem()).bytes;
    // Enough that none is in a cache when its turn comes again.
    const double all_caches = static_cast<double>(desk.model().l3_bytes) + 16e6;
    desk.make_operands(static_cast<std::size_t>(std::ceil(3 * all_caches / bytes)) + 1);

    std::vector<Contender> contenders;
    const std::int64_t floats = keys.storage_bytes() / 4;
    for (const int streams : {1, 2, 4, 8, 16})
        contenders.push_back(
            {fmt::format("{} streams a thread", streams),
             desk.launcher(one_step(read_module(streams), desk.model().cores,
                                    {OperandArg{Attention::k_arg}, OperandArg{Attention::v_arg},
                                     ImmediateArg{static_cast<std::uint64_t>(floats), 64}})),
             {}});
    const std::size_t reads = contenders.size();
    for (Contender& contender : desk.own(configs)) contenders.push_back(std::move(contender));
    race(contenders, 6, 0);

    double best = 1e9;
    for (const Contender& read : std::span(contenders).first(reads))
        best = std::min(best, median(read.seconds));
    const double bandwidth = static_cast<double>(8 * floats) / best;
    fmt::print("{}  cpu:{}  bandwidth {:.1f} GB/s\n",
               short_text(desk.operation().schema(), desk.problem()), desk.model().cores,
               bandwidth / 1e9);
    for (const Contender& contender : contenders) {
        const double time = median(contender.seconds);
        fmt::print("  {:9.1f} us {:7.1f} GB/s {:5.1f} %  {}\n", time * 1e6,
                   static_cast<double>(8 * floats) / time / 1e9,
                   100 * static_cast<double>(8 * floats) / time / bandwidth, contender.name);
    }
}

// For a partner in another process: one sample whenever it asks.
void take_turns(Desk& desk) {
    desk.make_operands(1);
    std::vector<Contender> contenders = desk.own({});
    const Contender& seed = contenders.at(1);
    for (std::string line; std::getline(std::cin, line);) {
        seed.run();
        const double start = seconds();
        int count = 0;
        do {
            seed.run();
            ++count;
        } while (seconds() - start < 20e-3);
        fmt::print("{:.9f}\n", (seconds() - start) / count);
        std::fflush(stdout);
    }
}

} // namespace

int main(int argc, char** argv) try {
    if (argc < 4) {
        fmt::print(stderr, "usage: {} forward|unfused|decode|turns TEXT THREADS [CONFIG...]\n",
                   argv[0]);
        return 2;
    }
    const std::array kinds{PluginKind::backend, PluginKind::family};
    const Registry registry(Options{}, kinds);
    const std::string what = argv[1];
    Desk desk(registry, argv[2], argv[3], what != "turns");
    const std::span<char*> configs(argv + 4, static_cast<std::size_t>(argc - 4));
    if (what == "turns")
        take_turns(desk);
    else if (what == "decode")
        decode(desk, configs);
    else
        forward(desk, configs, what == "unfused");
    return 0;
} catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
}
