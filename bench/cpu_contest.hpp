// Programs timed against each other on CPU threads of this process, for benches.
#pragma once

#include "hone/operation.hpp"
#include "hone/registry.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <time.h>
#include <utility>
#include <vector>

namespace hone::timing {

// Of paired times: the median of their per-round ratios, and a lower bound of it that holds with
// 95 %, by order statistics (one-sided; the number of ratios below the median is binomial).
struct Ratio {
    double median = 0, low = 0;

    [[nodiscard]] static Ratio of(const std::vector<double>& over,
                                  const std::vector<double>& under) {
        std::vector<double> ratios;
        for (std::size_t i = 0; i < std::min(over.size(), under.size()); ++i)
            ratios.push_back(over[i] / under[i]);
        if (ratios.empty()) return {};
        std::sort(ratios.begin(), ratios.end());
        const auto n = static_cast<double>(ratios.size());
        const double rank = std::floor(n / 2 - 1.645 * std::sqrt(n) / 2);
        return {ratios[ratios.size() / 2],
                ratios[static_cast<std::size_t>(std::max(0.0, rank - 1))]};
    }
};

inline double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// Random operands of a problem.
class Operands {
  public:
    Operands(Session& session, const Operation& operation, const Problem& problem)
        : problem(problem) {
        const std::vector<ArgSpec> specs = operation.args(problem);
        host_.resize(specs.size());
        host.resize(specs.size());
        memory_.resize(specs.size());
        tensors.resize(specs.size());
        for (std::size_t i = 0; i < specs.size(); ++i) {
            host[i].spec = specs[i];
            if (!specs[i].present()) continue;
            host_[i].resize(static_cast<std::size_t>(specs[i].storage_bytes()));
            host[i].data = host_[i].data();
        }
        operation.make_inputs(problem, Distribution::normal, 1, host);
        for (std::size_t i = 0; i < specs.size(); ++i) {
            if (!specs[i].present()) continue;
            tensors[i].strides = specs[i].strides;
            tensors[i].data = host_[i].data();
            if (specs[i].rank == 0) continue;
            const bool output = specs[i].role == Role::out || specs[i].role == Role::inout;
            memory_[i] =
                session.allocate(host_[i].size(), output ? MemoryUse::output : MemoryUse::input);
            session.upload(*memory_[i], 0, host_[i]);
            tensors[i].data = memory_[i]->data();
            if (output) outputs_.push_back(i);
        }
    }

    // What a run left, for checks.
    [[nodiscard]] std::vector<HostTensor> outputs(Session& session) {
        std::vector<HostTensor> result;
        results_.clear();
        for (const std::size_t i : outputs_) {
            results_.emplace_back(host_[i].size());
            session.download(*memory_[i], 0, results_.back());
            result.push_back({host[i].spec, results_.back().data()});
        }
        return result;
    }
    void spoil(Session& session) {
        for (const std::size_t i : outputs_) session.fill(*memory_[i], std::byte{0xff});
    }

    const Problem problem;
    std::vector<HostTensor> host;
    std::vector<Tensor> tensors;

  private:
    std::vector<std::vector<std::byte>> host_, results_;
    std::vector<std::unique_ptr<Memory>> memory_;
    std::vector<std::size_t> outputs_;
};

// Contenders take turns, every round beginning with another one, so that drifting clocks and
// neighbours hit all alike. With one thread times are the thread's own CPU time, which others on
// the machine do not stretch; with more they are wall time.
class Contest {
  public:
    // `narrow`: as if the processor had no AVX-512 (its libraries have settings of their own).
    Contest(const Registry& registry, const std::string& threads, bool narrow = false)
        : backend_(registry.backend("cpu")), device_(device(backend_, threads, narrow)),
          session_(backend_.open(device_, {})) {}

    [[nodiscard]] const Device& device() const { return device_; }
    [[nodiscard]] Session& session() { return *session_; }

    // Returns the contender's number. Throws std::runtime_error when it cannot be built. A vendor's
    // threads may spin after a call: whoever comes next waits until they sleep.
    std::size_t add(const Program& program, const Operands& operands, bool vendor = false) {
        std::vector<Binary> binaries;
        for (const Module& module : program.modules) {
            if (module.kind == Module::Kind::library) {
                binaries.emplace_back();
                continue;
            }
            CompileResult compiled = backend_.compile(module, device_.model);
            if (compiled.outcome != Outcome::ok) throw std::runtime_error(compiled.log);
            binaries.push_back(std::move(compiled.binary));
        }
        Contender added;
        auto loaded = session_->load(program, binaries);
        if (!loaded.kernel) throw std::runtime_error(loaded.detail);
        added.kernel = std::move(loaded.kernel);
        added.operands = &operands;
        added.spins = vendor && device_.model.cores > 1;
        added.workspace = session_->allocate(added.kernel->workspace_bytes(operands.problem),
                                             MemoryUse::workspace);
        for (std::size_t i = 0; i < program.prepare.size(); ++i) {
            const auto bytes =
                static_cast<std::size_t>(program.prepare[i].bytes.value(operands.problem));
            added.prepared_memory.push_back(session_->allocate(bytes, MemoryUse::output));
            added.prepared.push_back(added.prepared_memory.back()->data());
            if (added.kernel->prepare(static_cast<int>(i), operands.problem, operands.tensors,
                                      added.prepared.back(), {}) != Status::ok)
                throw std::runtime_error("preparing " + program.prepare[i].layout + " failed");
        }
        contenders_.push_back(std::move(added));
        return contenders_.size() - 1;
    }

    void launch(std::size_t which) {
        const Contender& one = contenders_[which];
        const Status status = one.kernel->launch(one.operands->problem, one.operands->tensors,
                                                 one.prepared, one.workspace->data(), {});
        if (status != Status::ok) throw std::runtime_error(to_string(status));
    }

    // Seconds per launch: one list per contender, of as many rounds as there was time for.
    std::vector<std::vector<double>> run(int rounds, double seconds) {
        std::vector<std::vector<double>> times(contenders_.size());
        const double end = wall() + seconds;
        bool spinning = false;
        for (int round = 0; round < rounds && (round < 3 || wall() < end); ++round)
            for (std::size_t i = 0; i < contenders_.size(); ++i) {
                const std::size_t which =
                    (static_cast<std::size_t>(round) + i) % contenders_.size();
                if (spinning) std::this_thread::sleep_for(std::chrono::milliseconds(40));
                times[which].push_back(sample(which));
                spinning = contenders_[which].spins;
            }
        return times;
    }

    // Seconds per launch.
    double time(std::size_t which) { return sample(which); }

  private:
    // Keeps the caller on the first of its CPUs, as measuring does: the other threads of own
    // programs have theirs, and a caller that woke up on one of these would wait for it. A
    // library's threads would inherit the place, so its programs run without.
    class Place {
      public:
        explicit Place(bool wanted) {
            if (!wanted || sched_getaffinity(0, sizeof before_, &before_) != 0) return;
            int cpu = 0;
            while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &before_)) ++cpu;
            cpu_set_t first;
            CPU_ZERO(&first);
            CPU_SET(cpu, &first);
            placed_ = sched_setaffinity(0, sizeof first, &first) == 0;
        }
        ~Place() {
            if (placed_) sched_setaffinity(0, sizeof before_, &before_);
        }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

      private:
        cpu_set_t before_{};
        bool placed_ = false;
    };

    struct Contender {
        std::unique_ptr<Kernel> kernel;
        const Operands* operands = nullptr;
        std::unique_ptr<Memory> workspace;
        std::vector<std::unique_ptr<Memory>> prepared_memory;
        std::vector<void*> prepared;
        bool spins = false;
    };

    static Device device(const Backend& backend, const std::string& threads, bool narrow) {
        Device device = backend.devices(threads).at(0);
        if (narrow)
            std::erase_if(device.model.features,
                          [](const std::string& feature) { return feature.starts_with("avx512"); });
        return device;
    }

    static double clock(clockid_t id) {
        timespec now{};
        clock_gettime(id, &now);
        return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
    }
    static double wall() { return clock(CLOCK_MONOTONIC); }
    [[nodiscard]] double now() const {
        return device_.model.cores == 1 ? clock(CLOCK_THREAD_CPUTIME_ID) : wall();
    }

    // Nanoseconds that threads of this process were ready to run and did not, by the scheduler's
    // count.
    static double waited() {
        double sum = 0;
        std::error_code ignored;
        for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
            std::ifstream file(task.path() / "schedstat");
            double ran = 0, ready = 0;
            if (file >> ran >> ready) sum += ready;
        }
        return sum / 1e9;
    }

    // Wall time in which others had a core is no time of ours: such samples are taken again.
    double sample(std::size_t which) {
        if (device_.model.cores == 1) return one_sample(which);
        const Place place(!contenders_[which].spins);
        double least = 0, best = 0;
        for (int i = 0; i < 5; ++i) {
            const double before = waited();
            const double time = one_sample(which);
            const double lost = waited() - before;
            if (i == 0 || lost < least) {
                least = lost;
                best = time;
            }
            if (lost < 0.02 * std::max(time, 2e-3)) break;
        }
        return best;
    }

    // The mean of launches that fill two milliseconds, after one that brings the caches back.
    double one_sample(std::size_t which) {
        launch(which);
        const double start = now();
        int count = 0;
        double elapsed = 0;
        do {
            launch(which);
            ++count;
            elapsed = now() - start;
        } while (elapsed < 2e-3);
        return elapsed / count;
    }

    const Backend& backend_;
    const Device device_;
    const std::unique_ptr<Session> session_;
    std::vector<Contender> contenders_;
};

// Independent chains of fused multiply-adds in registers on every thread: the rate nothing exceeds.
struct PeakLoop {
    Program program;
    double flops = 0;

    explicit PeakLoop(const DeviceModel& device) {
        constexpr int chains = 12, rounds = 100'000;
        const bool wide = std::count(device.features.begin(), device.features.end(), "avx512f") > 0;
        const int lanes = wide ? 16 : 8;
        Module module;
        module.name = "peak.c";
        module.source = R"kernel(
            typedef float V __attribute__((vector_size(VL * 4)));
            void peak(void* const* args, const void* item) {
                // A chain that began at its limit 1 would be a constant.
                V a[CHAINS], x = (V){} + 0.5f;
                for (int i = 0; i < CHAINS; ++i) a[i] = (V){} + (i + 2.0f);
                for (long r = 0; r < ROUNDS; ++r) {
                    #pragma clang loop unroll(full)
                    for (int i = 0; i < CHAINS; ++i) a[i] = a[i] * x + x;
                }
                V sum = (V){};
                for (int i = 0; i < CHAINS; ++i) sum += a[i];
                if (sum[0] == 1.25f) *(volatile int*)0 = 1; // never: keeps the loop alive
            })kernel";
        module.options = {"-DVL=" + std::to_string(lanes), "-DCHAINS=" + std::to_string(chains),
                          "-DROUNDS=" + std::to_string(rounds)};
        module.entries = {"peak"};
        Step step;
        step.kernel = "peak";
        step.grid[0] = {device.cores, {}};
        program.modules.push_back(std::move(module));
        program.steps.push_back(std::move(step));
        flops = 2.0 * chains * rounds * lanes * static_cast<double>(device.cores);
    }
};

// Reads all of an operand, every thread `streams` parts of its share at once, lines fetched 4 KiB
// ahead: the bandwidth that a product bound by memory can be held against.
struct ReadLoop {
    Program program;

    // `bytes` of the tensor argument `arg`.
    ReadLoop(const DeviceModel& device, int arg, std::int64_t bytes, int streams) {
        const bool wide = std::count(device.features.begin(), device.features.end(), "avx512f") > 0;
        Module module;
        module.name = "read.c";
        module.source = R"kernel(
            struct hone_cpu_item { int index, count; void* barrier; void (*wait)(void* barrier); };
            typedef float V __attribute__((vector_size(VL * 4), aligned(4)));
            void read_all(void* const* args, const struct hone_cpu_item* item) {
                const long lines = *(long*)args[1] / 64 / item->count / STREAMS;
                const float* from = *(float**)args[0] + item->index * lines * 16 * STREAMS;
                V sum[STREAMS];
                for (int s = 0; s < STREAMS; ++s) sum[s] = (V){};
                for (long i = 0; i < lines; ++i)
                    #pragma clang loop unroll(full)
                    for (int s = 0; s < STREAMS; ++s) {
                        const float* line = from + (s * lines + i) * 16;
                        __builtin_prefetch((const char*)line + 4096, 0, 2);
                        #pragma clang loop unroll(full)
                        for (int v = 0; v < 16; v += VL) sum[s] += *(const V*)(line + v);
                    }
                for (int s = 1; s < STREAMS; ++s) sum[0] += sum[s];
                if (sum[0][0] == 1.25f) *(volatile int*)0 = 1; // never: keeps the loop alive
            })kernel";
        module.options = {"-DVL=" + std::to_string(wide ? 16 : 8),
                          "-DSTREAMS=" + std::to_string(streams)};
        module.entries = {"read_all"};
        Step step;
        step.kernel = "read_all";
        step.grid[0] = {device.cores, {}};
        step.args = {OperandArg{arg}, ImmediateArg{static_cast<std::uint64_t>(bytes), 64}};
        program.modules.push_back(std::move(module));
        program.steps.push_back(std::move(step));
    }
};

} // namespace hone::timing
