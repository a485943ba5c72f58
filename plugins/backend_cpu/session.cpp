#include "session.hpp"

#include "foreign_load.hpp"
#include "measure.hpp"
#include "parallel.hpp"
#include "placement.hpp"

#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <optional>

namespace hone::cpu {
namespace {

void check_range(const Memory& memory, std::size_t offset, std::size_t bytes) {
    if (offset > memory.size() || bytes > memory.size() - offset)
        throw Error(Errc::internal, "copy of " + std::to_string(bytes) + " bytes at offset " +
                                        std::to_string(offset) + " of a buffer of " +
                                        std::to_string(memory.size()));
}

// A module that is ready to be asked for its entries.
struct LoadedModule {
    std::unique_ptr<LoadedObject> object; // null for a library
    void* library = nullptr;

    void* symbol(const std::string& name) const {
        return object ? object->symbol(name) : dlsym(library, name.c_str());
    }
};

} // namespace

CpuSession::CpuSession(SessionDevice device, const SessionOptions& options,
                       const PartLibrary& loader)
    : device_(std::move(device)), cpu_(options.parallel.run ? -1 : device_.places.front()),
      parallel_(options.parallel.run
                    ? host_threads(options.parallel, static_cast<int>(device_.places.size()))
                    : own_threads(device_.places)) {
    // Now and not at the first load: children forked from here then share it.
    if (const auto make = reinterpret_cast<MakeLoaderFunction>(loader.entry()))
        loader_ = make(no_loader_);
    else
        no_loader_ = loader.error();
}

Session::Loaded CpuSession::load(const Program& program, std::span<const Binary> binaries) {
    const auto failed = [](std::string detail) {
        return Loaded{nullptr, Outcome::launch_failed, std::move(detail)};
    };
    if (auto objection = CpuKernel::objection(program)) return failed(std::move(*objection));

    std::vector<LoadedModule> modules;
    for (std::size_t i = 0; i < program.modules.size(); ++i) {
        const Module& module = program.modules[i];
        LoadedModule& loaded = modules.emplace_back();
        if (module.kind == Module::Kind::library) {
            // Never closed: a library with threads of its own does not survive that.
            loaded.library = dlopen(module.library.c_str(), RTLD_NOW | RTLD_LOCAL);
            if (!loaded.library) return failed(dlerror());
            continue;
        }
        if (!loader_) return failed("no LLVM: " + no_loader_);
        std::span<const std::byte> bytes = module.bytes;
        if (i < binaries.size() && !binaries[i].bytes.empty()) bytes = binaries[i].bytes;
        std::string error;
        loaded.object = loader_->load(bytes, error);
        if (!loaded.object) return failed(module.name + ": " + error);
    }

    std::vector<hone_cpu_kernel> entries;
    std::string missing;
    const auto find_entries = [&](const std::vector<Step>& steps) {
        for (const Step& step : steps) {
            void* entry = modules[static_cast<std::size_t>(step.module)].symbol(step.kernel);
            if (!entry && missing.empty()) missing = step.kernel;
            entries.push_back(reinterpret_cast<hone_cpu_kernel>(entry));
        }
    };
    find_entries(program.steps);
    for (const Prepare& prepare : program.prepare) find_entries(prepare.steps);
    if (!missing.empty()) return failed("no entry " + missing);

    std::vector<std::unique_ptr<LoadedObject>> code;
    for (LoadedModule& module : modules)
        if (module.object) code.push_back(std::move(module.object));
    return {std::make_unique<CpuKernel>(program, std::move(entries), parallel_, loader_,
                                        std::move(code)),
            Outcome::ok,
            {}};
}

std::unique_ptr<Memory> CpuSession::allocate(std::size_t bytes, MemoryUse use) {
    return GuardedMemory::allocate(bytes, use, inputs_);
}

void CpuSession::upload(Memory& to, std::size_t offset, std::span<const std::byte> from) {
    check_range(to, offset, from.size());
    if (auto* guarded = dynamic_cast<GuardedMemory*>(&to)) guarded->make_writable();
    if (!from.empty())
        std::memcpy(static_cast<std::byte*>(to.data()) + offset, from.data(), from.size());
}

void CpuSession::download(const Memory& from, std::size_t offset, std::span<std::byte> to) {
    check_range(from, offset, to.size());
    if (!to.empty())
        std::memcpy(to.data(), static_cast<const std::byte*>(from.data()) + offset, to.size());
}

void CpuSession::fill(Memory& to, std::byte value) {
    if (auto* guarded = dynamic_cast<GuardedMemory*>(&to)) guarded->make_writable();
    std::memset(to.data(), std::to_integer<int>(value), to.size());
}

RunReport CpuSession::check_guards(const Memory& memory) {
    const auto* guarded = dynamic_cast<const GuardedMemory*>(&memory);
    return guarded ? guarded->check() : RunReport{};
}

RunReport CpuSession::run(const Launch& launch) {
    const Placement placement(may_be_placed(launch) ? cpu_ : -1);
    const std::span<const Tensor> operands =
        launch.operand_sets.empty() ? std::span<const Tensor>{} : launch.operand_sets.front();
    const Status status =
        launch.kernel->launch(*launch.problem, operands, launch.prepared, launch.workspace, {});
    if (status == Status::ok) return {};
    return {Outcome::launch_failed, to_string(status), false};
}

std::vector<Samples> CpuSession::measure(std::span<const Launch> launches, const Policy& policy,
                                         int rounds,
                                         std::chrono::steady_clock::time_point deadline) {
    class MachineBench final : public Bench {
      public:
        explicit MachineBench(CpuSession& session) : session_(session) {}
        std::int64_t now_ns() override {
            return std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::steady_clock::now().time_since_epoch())
                .count();
        }
        void watch() override { foreign_.emplace(); }
        std::int64_t lost_ns() override { return foreign_->lost_ns(); }
        void flush_caches() override { session_.flush_caches(); }
        int cpu() const override { return session_.cpu_; }

      private:
        CpuSession& session_;
        std::optional<ForeignLoad> foreign_;
    };
    MachineBench bench(*this);
    return cpu::measure(bench, launches, policy, rounds, deadline);
}

void CpuSession::flush_caches() {
    const std::size_t threads = device_.places.size();
    const auto span = static_cast<std::size_t>(
        2 * device_.l3_bytes + 2 * device_.l2_bytes * static_cast<std::int64_t>(threads));
    flushed_.resize(std::max<std::size_t>(span, 32 << 20));
    // Each core walks its share, which also pushes out what only its own cache holds.
    parallel_->run(
        static_cast<int>(threads),
        [](void* argument, int index) {
            auto& session = *static_cast<CpuSession*>(argument);
            const std::size_t count = session.device_.places.size();
            const std::size_t share = session.flushed_.size() / count;
            std::byte* at = session.flushed_.data() + share * static_cast<std::size_t>(index);
            for (std::size_t i = 0; i < share; i += 64) at[i] ^= std::byte{1};
        },
        this);
}

} // namespace hone::cpu
