// What the worker's tests share: options that find the test plugin, a small operation, and a look
// at the processes that are left.
#pragma once

#include "hone/backend.hpp"
#include "hone/operation.hpp"
#include "hone/options.hpp"
#include "lib/worker/device_worker.hpp"
#include "lib/worker/operand_memory.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace hone::test {

[[nodiscard]] Options worker_options();

// The tool's side of a backend: its name, how it isolates, nothing that runs.
class NamedBackend final : public Backend {
  public:
    explicit NamedBackend(std::string name) : name_(std::move(name)) {}

    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] std::vector<Device> devices(std::string_view) const override {
        return {device()};
    }
    [[nodiscard]] std::vector<std::string> missing() const override { return {}; }
    [[nodiscard]] std::string compiler_identity() const override { return "copy 1"; }
    [[nodiscard]] CompileResult compile(const Module&, const DeviceModel&) const override;
    [[nodiscard]] std::string compile_key(const DeviceModel&) const override { return "copy 1"; }
    [[nodiscard]] Isolation isolation() const override {
        return name_ == "sharing" ? Isolation::respawn_on_fault : Isolation::fork_per_candidate;
    }
    [[nodiscard]] std::string default_policy() const override { return "cpu-warm/1"; }
    [[nodiscard]] std::unique_ptr<Session> open(const Device&,
                                                const SessionOptions&) const override;

    [[nodiscard]] Device device(int ordinal = 0) const {
        DeviceModel model;
        model.backend = name_;
        return {name_ + ":0", ordinal, model};
    }

  private:
    std::string name_;
};

// y = scale * x, z += x, over n elements of f32. x is a constant, y out, z inout, scale a scalar.
class ScaleOperation final : public Operation {
  public:
    [[nodiscard]] const Schema& schema() const noexcept override { return schema_; }
    void validate(const Problem&) const override {}
    [[nodiscard]] std::vector<ArgSpec> args(const Problem& problem) const override;
    void make_inputs(const Problem&, Distribution, std::uint64_t seed,
                     std::span<const HostTensor> args) const override;
    [[nodiscard]] std::vector<ReferenceRows> reference(const Problem&, std::span<const HostTensor>,
                                                       const RowSelection&,
                                                       Arithmetic) const override {
        return {};
    }
    [[nodiscard]] Work work(const Problem&) const override { return {}; }
    [[nodiscard]] std::int64_t accumulation_length(const Problem&) const override { return 1; }
    [[nodiscard]] Problem proxy(const Problem& problem, std::span<const Tile>) const override {
        return problem;
    }

  private:
    Schema schema_{
        .operation = "scale", .table = {}, .selector_key = {}, .selector_value = {}, .fields = {}};
};

[[nodiscard]] Problem scale_problem(std::int64_t n);
// Filled with inputs of seeds 1, 2, ...
[[nodiscard]] std::vector<std::shared_ptr<const OperandMemory>>
operand_sets(const Operation& operation, const Problem& problem, int count);

// A program whose compiled bytes are the name of a function of the test plugin.
[[nodiscard]] Executable executable(const std::string& name);

// A worker on the named backend, with a problem of n elements.
struct Rig {
    explicit Rig(const std::string& backend, RunLimits limits = {}, int sets = 1,
                 std::int64_t n = 1000);

    // True when the results of `set` are what ScaleOperation says.
    [[nodiscard]] bool right(int set = 0) const;
    // Loads the named program in a new run and checks it.
    [[nodiscard]] CheckReport check(const std::string& name);

    ScaleOperation operation;
    Problem problem;
    std::vector<std::shared_ptr<const OperandMemory>> sets;
    NamedBackend backend;
    DeviceWorker worker;
};

// Children of this process, theirs, and those that were orphaned on the way. The first call makes
// this process the one that orphans come to.
[[nodiscard]] std::vector<pid_t> descendants();
// Waits up to a second until there are at most that many.
[[nodiscard]] std::size_t settled_descendants(std::size_t expected);
// Of this process, or another.
[[nodiscard]] std::size_t open_files(pid_t process = 0);
[[nodiscard]] std::size_t settled_open_files(pid_t process, std::size_t expected);

// A limit on memory cannot be kept where a sanitizer has taken the address space.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool memory_is_limited = false;
#else
inline constexpr bool memory_is_limited = true;
#endif

} // namespace hone::test
