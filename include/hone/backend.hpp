// A backend owns devices and a compiler.
#pragma once

#include "hone/device.hpp"
#include "hone/error.hpp"
#include "hone/finding.hpp"
#include "hone/outcome.hpp"
#include "hone/policy.hpp"
#include "hone/program.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hone {

struct CompileResult {
    Outcome outcome = Outcome::ok; // ok, compile_failed, out_of_memory
    Binary binary;
    std::string log; // the compiler's diagnostics, at most 16 KiB
};

// How candidates are kept from harming each other.
enum class Isolation : std::uint8_t {
    fork_per_candidate, // sessions survive fork: each candidate runs in a child of the worker
    respawn_on_fault,   // they do not: candidates share a worker, which is replaced after a fault
};

// Memory of a session. Outputs and workspaces are poisoned and guarded by the backend.
enum class MemoryUse : std::uint8_t {
    input,     // read-only while a candidate runs
    output,    // also inout; guard zones on both sides
    workspace, // guard zones; NaN-poisoned before a check
};

class Memory {
  public:
    virtual ~Memory() = default;
    [[nodiscard]] virtual void* data() const noexcept = 0; // device pointer
    [[nodiscard]] virtual std::size_t size() const noexcept = 0;
};

// A stream of the host's runtime (CUstream), null for the default one or on a CPU.
struct Stream {
    void* handle = nullptr;
};

// An operand at launch. Strides in elements. The shape may be left zero where the problem fixes it
// and no step of the program describes the operand by a tensor map; tensor maps take their sizes
// from it, since the rows of a batch of variable lengths are known only here.
struct Tensor {
    void* data = nullptr; // device pointer; host pointer for rank 0
    std::array<std::int64_t, max_rank> strides{};
    std::array<std::int64_t, max_rank> shape{};
};

// On CPUs the host may bring its own threads: parallel_run(context, n, fn, argument) must call
// fn(argument, i) once for every i in [0, n), all n at the same time, and return when all have
// returned. Null function: the session uses its own threads.
struct ParallelRun {
    void (*run)(void* context, int count, void (*body)(void* argument, int index),
                void* argument) = nullptr;
    void* context = nullptr;
};

// A program loaded on a device. launch may be called from any thread, on any stream, also during
// stream capture: it allocates nothing and compiles nothing.
class Kernel {
  public:
    virtual ~Kernel() = default;
    [[nodiscard]] virtual std::size_t workspace_bytes(const Problem& problem) const noexcept = 0;
    // `operands` in the order of Operation::args; absent ones have null data. `prepared` holds what
    // prepare() filled, one per Program::prepare. Asynchronous where the backend is.
    [[nodiscard]] virtual Status launch(const Problem& problem, std::span<const Tensor> operands,
                                        std::span<void* const> prepared, void* workspace,
                                        Stream stream) const noexcept = 0;
    [[nodiscard]] virtual Status prepare(int index, const Problem& problem,
                                         std::span<const Tensor> operands, void* out,
                                         Stream stream) const noexcept = 0;
};

// One launch to measure. `operand_sets` holds one or more sets of operands to rotate over.
struct Launch {
    const Kernel* kernel = nullptr;
    const Problem* problem = nullptr;
    std::vector<std::vector<Tensor>> operand_sets;
    std::vector<void*> prepared;
    void* workspace = nullptr;
    // Copied outside the timed region before each launch that follows another on the same set.
    struct Restore {
        void* to = nullptr;
        const void* from = nullptr;
        std::size_t bytes = 0;
    };
    std::vector<std::vector<Restore>> restore; // per operand set
    // A library that keeps threads spinning after a call disturbs whoever runs next: pause this
    // long.
    std::chrono::microseconds settle{0};
};

// What a finished run of a candidate showed.
struct RunReport {
    Outcome outcome = Outcome::ok;
    std::string detail;                // what and where, when not ok
    bool poisoned = false;             // the session is unusable and its process must be replaced
    std::vector<Finding> reports = {}; // of a backend that checks every access; at most 100
    std::vector<Count> counts = {};    // of one that counts
};

// A device opened by one process. One thread at a time, except Kernel::launch.
class Session {
  public:
    virtual ~Session() = default;

    // Binaries in the order of Program::modules. Failing to load is a result.
    struct Loaded {
        std::unique_ptr<Kernel> kernel; // null when outcome is not ok
        Outcome outcome = Outcome::ok;
        std::string detail;
    };
    [[nodiscard]] virtual Loaded load(const Program& program, std::span<const Binary> binaries) = 0;

    // Throws Error(device_lost); returns null when memory ran out.
    [[nodiscard]] virtual std::unique_ptr<Memory> allocate(std::size_t bytes, MemoryUse use) = 0;
    virtual void upload(Memory& to, std::size_t offset, std::span<const std::byte> from) = 0;
    virtual void download(const Memory& from, std::size_t offset, std::span<std::byte> to) = 0;
    virtual void fill(Memory& to, std::byte value) = 0;
    // Finds stray writes around the memory where the hardware did not already stop them.
    [[nodiscard]] virtual RunReport check_guards(const Memory& memory) = 0;
    // From here on input memory is read-only (where the backend can); undone by upload.
    virtual void protect_inputs() {}

    // One launch, waited for.
    [[nodiscard]] virtual RunReport run(const Launch& launch) = 0;
    // Takes `rounds` samples of each launch, interleaved: every round runs each launch once, and
    // the order is rotated from round to round. One Samples per launch. Stops early at the
    // deadline.
    [[nodiscard]] virtual std::vector<Samples>
    measure(std::span<const Launch> launches, const Policy& policy, int rounds,
            std::chrono::steady_clock::time_point deadline) = 0;
    // Waits until everything launched so far has ended.
    virtual RunReport synchronize() = 0;
};

struct SessionOptions {
    ParallelRun parallel;
    void* adopt_context = nullptr; // the host's CUcontext when serving
};

class Backend {
  public:
    virtual ~Backend() = default;

    [[nodiscard]] virtual std::string name() const = 0;
    // Name of the backend whose families its devices run: an emulator runs those of what it stands
    // for.
    [[nodiscard]] virtual std::string runs_families_of() const { return name(); }
    // Devices of this machine, also when the machine has none (then empty). `spec` is what stands
    // after "NAME:" in --device ("2" in cpu:2, "sm_80" in emu:sm_80), empty for the default ones.
    // Throws Error(unavailable) for a spec that cannot be met.
    [[nodiscard]] virtual std::vector<Device> devices(std::string_view spec) const = 0;
    // Why there are no devices or no compiler, one line each, for `hone doctor`.
    [[nodiscard]] virtual std::vector<std::string> missing() const = 0;

    // Name and version of the compiler; part of the toolchain of every fact.
    [[nodiscard]] virtual std::string compiler_identity() const = 0;
    // Loads the compiler, where that takes long, before it is needed. Starts no device.
    virtual void load_compiler() const {}
    // Version of the driver that would load what was compiled, as a bundle's minimum driver is
    // counted (13000 for CUDA 13.0); 0: there is none, or any will do.
    [[nodiscard]] virtual std::int64_t driver_version() const { return 0; }
    // Needs no device and may be called by several processes and threads. May crash or never return
    // on hostile input: callers run it in a compile worker.
    [[nodiscard]] virtual CompileResult compile(const Module& module,
                                                const DeviceModel& device) const = 0;
    // Everything besides module and device that the compiled bytes depend on; with digest(module)
    // the key of the binary cache.
    [[nodiscard]] virtual std::string compile_key(const DeviceModel& device) const = 0;

    [[nodiscard]] virtual Isolation isolation() const = 0;
    // Whether compiling takes cores away from what is measured (a CPU); then the two take turns.
    [[nodiscard]] virtual bool shares_cores() const { return false; }
    [[nodiscard]] virtual std::string default_policy() const = 0;
    [[nodiscard]] virtual std::unique_ptr<Session> open(const Device& device,
                                                        const SessionOptions& options) const = 0;
};

} // namespace hone
