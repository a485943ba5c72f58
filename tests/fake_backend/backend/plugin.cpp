// The backend "fake": a device with a CUDA device's manners, and none of its own.
#include "hone/plugin.hpp"

#include "hone/backend.hpp"
#include "hone/error.hpp"
#include "limits.hpp"
#include "module_text.hpp"
#include "session.hpp"

#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace fake {
namespace {

// Address space until there is no more: counts against RLIMIT_AS and touches no memory.
void take_address_space() {
    constexpr std::size_t piece = std::size_t{1} << 32;
    constexpr int most = 256;
    for (int i = 0; i < most; ++i) {
        void* taken =
            ::mmap(nullptr, piece, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (taken == MAP_FAILED) return;
    }
}

class Backend final : public hone::Backend {
  public:
    [[nodiscard]] std::string name() const override { return "fake"; }

    [[nodiscard]] std::vector<hone::Device> devices(std::string_view spec) const override {
        if (!spec.empty() && spec != "0") {
            throw hone::Error(hone::Errc::unavailable, "no device fake:" + std::string(spec),
                              "there is fake:0");
        }
        hone::DeviceModel model;
        model.backend = "fake";
        model.arch = "fake_10";
        model.name = "Fake-Accelerator";
        model.cores = multiprocessors;
        model.shared_bytes = shared_bytes_per_block;
        model.registers = 65536;
        model.l2_bytes = 1 << 20;
        model.memory_gib = 1;
        model.bandwidth_gbps = 100;
        model.clock_mhz = clock_khz / 1000;
        return {{"fake:0", 0, model}};
    }

    [[nodiscard]] std::vector<std::string> missing() const override { return {}; }
    [[nodiscard]] std::string compiler_identity() const override { return "fakecc 1.0"; }
    [[nodiscard]] std::string compile_key(const hone::DeviceModel& device) const override {
        return compiler_identity() + "; " + device.arch;
    }

    [[nodiscard]] hone::CompileResult compile(const hone::Module& module,
                                              const hone::DeviceModel&) const override {
        const Parsed parsed = parse(module.source);
        if (!parsed.error.empty())
            return {hone::Outcome::compile_failed, {}, module.name + ":" + parsed.error};
        for (const std::string& entry : module.entries) {
            if (parsed.module.kernel(entry)) continue;
            return {hone::Outcome::compile_failed, {}, module.name + ": no kernel " + entry};
        }
        switch (parsed.module.compiling) {
        case CompileBehaviour::ok:
            break;
        case CompileBehaviour::fail:
            return {hone::Outcome::compile_failed, {}, parsed.module.compile_log};
        case CompileBehaviour::crash:
            std::abort();
        case CompileBehaviour::hang:
            for (;;) ::pause();
        case CompileBehaviour::oom:
            take_address_space();
            return {hone::Outcome::out_of_memory, {}, "the compiler ran out of memory"};
        }
        hone::CompileResult result;
        result.binary.format = "fake";
        const auto* begin = reinterpret_cast<const std::byte*>(module.source.data());
        result.binary.bytes.assign(begin, begin + module.source.size());
        result.binary.resources.registers = 64;
        result.binary.resources.spill_bytes = parsed.module.spill_bytes;
        return result;
    }

    [[nodiscard]] hone::Isolation isolation() const override {
        return hone::Isolation::respawn_on_fault;
    }
    [[nodiscard]] std::string default_policy() const override { return "gpu-cold-rotate/1"; }

    // All sessions of a process share its one context, so a fault in one is a fault in all.
    [[nodiscard]] std::unique_ptr<hone::Session> open(const hone::Device&,
                                                      const hone::SessionOptions&) const override {
        const std::lock_guard lock(mutex_);
        if (!context_) context_ = std::make_shared<Context>();
        context_->require_usable();
        return std::make_unique<Session>(context_);
    }

  private:
    mutable std::mutex mutex_;
    mutable std::shared_ptr<Context> context_;
};

hone::PluginContents make(const hone::PluginHost&) {
    hone::PluginContents contents;
    contents.backends.push_back(std::make_unique<Backend>());
    return contents;
}

} // namespace
} // namespace fake

HONE_PLUGIN(backend, "fake", "1.0", fake::make);
