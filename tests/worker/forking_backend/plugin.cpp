// A backend for the worker's tests. Its "compiler" copies the source, which names one of the
// functions of kernels.cpp; its devices are this process. Twice: "forking", whose sessions survive
// fork and have guard pages, and "sharing", which has canaries only, as a GPU would.
#include "hone/plugin.hpp"

#include "hone/backend.hpp"
#include "hone/error.hpp"
#include "kernels.hpp"
#include "memory.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace {

using namespace hone;
using worker_test::GuardedMemory;

std::vector<std::byte> bytes_of(const std::string& text) {
    const auto* data = reinterpret_cast<const std::byte*>(text.data());
    return {data, data + text.size()};
}

std::string text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[noreturn]] void sleep_for_ever() {
    while (true) ::pause();
}

void use_up_memory() {
    std::vector<std::unique_ptr<char[]>> blocks;
    while (true) blocks.push_back(std::make_unique<char[]>(std::size_t{1} << 20));
}

class TestKernel final : public Kernel {
  public:
    explicit TestKernel(const worker_test::Body* body) : body_(body) {}

    std::size_t workspace_bytes(const Problem& problem) const noexcept override {
        return static_cast<std::size_t>(problem.dims[0]) * sizeof(float);
    }
    Status launch(const Problem& problem, std::span<const Tensor> operands,
                  std::span<void* const> prepared, void* workspace,
                  Stream) const noexcept override {
        return body_->run({problem.dims[0], operands, prepared, static_cast<float*>(workspace)});
    }
    // The layout is the operand itself, negated.
    Status prepare(int, const Problem& problem, std::span<const Tensor> operands, void* out,
                   Stream) const noexcept override {
        const auto* x = static_cast<const float*>(operands[0].data);
        for (std::int64_t i = 0; i < problem.dims[0]; ++i) static_cast<float*>(out)[i] = -x[i];
        return Status::ok;
    }

  private:
    const worker_test::Body* body_;
};

class TestSession final : public Session {
  public:
    explicit TestSession(bool guard_pages) : guard_pages_(guard_pages) {}

    Loaded load(const Program&, std::span<const Binary> binaries) override {
        const std::string text = text_of(binaries.front().bytes);
        if (text == "load:hang") sleep_for_ever();
        if (text == "load:crash") ::raise(SIGSEGV);
        if (text == "load:throw") throw std::runtime_error("no room for this program");
        if (text == "load:lost") throw Error(Errc::device_lost, "the device fell off", "reboot");
        const worker_test::Body* body = worker_test::find_body(text);
        if (body == nullptr) return {nullptr, Outcome::launch_failed, "no kernel named " + text};
        return {std::make_unique<TestKernel>(body), Outcome::ok, {}};
    }
    std::unique_ptr<Memory> allocate(std::size_t bytes, MemoryUse use) override {
        auto memory = GuardedMemory::make(bytes, guard_pages_);
        if (memory && use == MemoryUse::input) inputs_.push_back(memory.get());
        if (memory) memory->on_release([this](GuardedMemory* gone) { std::erase(inputs_, gone); });
        return memory;
    }
    void upload(Memory& to, std::size_t offset, std::span<const std::byte> from) override {
        if (guard_pages_) static_cast<GuardedMemory&>(to).protect(false);
        std::memcpy(static_cast<std::byte*>(to.data()) + offset, from.data(), from.size());
    }
    void download(const Memory& from, std::size_t offset, std::span<std::byte> to) override {
        std::memcpy(to.data(), static_cast<const std::byte*>(from.data()) + offset, to.size());
    }
    void fill(Memory& to, std::byte value) override {
        std::memset(to.data(), static_cast<int>(value), to.size());
    }
    RunReport check_guards(const Memory& memory) override {
        const auto stray = static_cast<const GuardedMemory&>(memory).stray_write();
        if (!stray) return {};
        return {Outcome::out_of_bounds, *stray, false};
    }
    void protect_inputs() override {
        if (!guard_pages_) return;
        for (GuardedMemory* memory : inputs_) memory->protect(true);
    }
    RunReport run(const Launch& launch) override {
        const Status status = launch_set(launch, 0);
        if (status == Status::device_error) return {Outcome::illegal_access, "sticky error", true};
        if (status != Status::ok) return {Outcome::launch_failed, to_string(status), false};
        return {};
    }
    // What was asked for comes back in the samples: dropped holds the number of operand sets,
    // clock_khz the settling time, energy_uj whether restoring brought inout operands back.
    std::vector<Samples> measure(std::span<const Launch> launches, const Policy&, int rounds,
                                 std::chrono::steady_clock::time_point deadline) override {
        std::vector<Samples> all(launches.size());
        for (int round = 0; round < rounds; ++round) {
            for (std::size_t i = 0; i < launches.size(); ++i) {
                const Launch& launch = launches[i];
                const std::size_t set =
                    static_cast<std::size_t>(round) % launch.operand_sets.size();
                for (const Launch::Restore& restore : launch.restore[set])
                    std::memcpy(restore.to, restore.from, restore.bytes);
                const auto start = std::chrono::steady_clock::now();
                (void)launch_set(launch, set);
                const std::chrono::nanoseconds time = std::chrono::steady_clock::now() - start;
                all[i].picoseconds.push_back(time.count() * 1000 + 1);
                all[i].dropped = static_cast<std::int64_t>(launch.operand_sets.size());
                all[i].clock_khz = launch.settle.count();
            }
            if (std::chrono::steady_clock::now() >= deadline) break;
        }
        return all;
    }
    RunReport synchronize() override { return {}; }

  private:
    static Status launch_set(const Launch& launch, std::size_t set) {
        return launch.kernel->launch(*launch.problem, launch.operand_sets[set], launch.prepared,
                                     launch.workspace, Stream{});
    }

    bool guard_pages_;
    std::vector<GuardedMemory*> inputs_;
};

class TestBackend final : public Backend {
  public:
    TestBackend(std::string name, Isolation isolation)
        : name_(std::move(name)), isolation_(isolation) {}

    std::string name() const override { return name_; }
    std::vector<Device> devices(std::string_view) const override {
        DeviceModel model;
        model.backend = name_;
        return {{name_ + ":0", 0, model}};
    }
    std::vector<std::string> missing() const override { return {}; }
    std::string compiler_identity() const override { return "copy 1"; }
    CompileResult compile(const Module& module, const DeviceModel&) const override {
        const std::string& source = module.source;
        if (source == "compile:fail") return {Outcome::compile_failed, {}, "line 1: no"};
        if (source == "compile:crash") std::abort();
        if (source == "compile:segv") ::raise(SIGSEGV);
        if (source == "compile:hang") sleep_for_ever();
        if (source == "compile:eat") use_up_memory();
        if (source == "compile:throw") throw std::runtime_error("thrown by the compiler");
        if (source == "compile:missing")
            throw Error(Errc::unavailable, "no compiler on this machine", "install one");
        if (source == "compile:exit") std::_Exit(3);
        if (source == "compile:fatal") {
            std::cerr << "LLVM ERROR: out of memory" << std::endl;
            std::abort();
        }
        if (source == "compile:chatty") {
            for (int i = 0; i < 100'000; ++i) std::cerr << "all work and no play\n";
            return {Outcome::ok, {"text", bytes_of("ok"), {}}, std::string(1 << 20, 'x')};
        }
        if (source == "compile:slow") ::usleep(50'000);
        return {Outcome::ok, {"text", bytes_of(source), {7, 0, 0, 0}}, "copied"};
    }
    std::string compile_key(const DeviceModel&) const override { return "copy 1"; }
    Isolation isolation() const override { return isolation_; }
    std::string default_policy() const override { return "cpu-warm/1"; }
    std::unique_ptr<Session> open(const Device& device, const SessionOptions&) const override {
        if (device.ordinal == 1) throw Error(Errc::device_lost, "device 1 is gone", "use another");
        if (device.ordinal == 2) std::abort();
        return std::make_unique<TestSession>(isolation_ == Isolation::fork_per_candidate);
    }

  private:
    std::string name_;
    Isolation isolation_;
};

PluginContents make(const PluginHost&) {
    PluginContents contents;
    contents.backends.push_back(
        std::make_unique<TestBackend>("forking", Isolation::fork_per_candidate));
    contents.backends.push_back(
        std::make_unique<TestBackend>("sharing", Isolation::respawn_on_fault));
    return contents;
}

} // namespace

HONE_PLUGIN(backend, "worker-test", "1", make);
