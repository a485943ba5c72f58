#include "session.hpp"

#include "hone/error.hpp"
#include "kernel.hpp"
#include "limits.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace fake {
namespace {

class Memory final : public hone::Memory {
  public:
    Memory(std::shared_ptr<Context> context, std::uint64_t address, std::size_t bytes)
        : context_(std::move(context)), address_(address), bytes_(bytes) {}
    ~Memory() override { context_->release(address_); }
    [[nodiscard]] void* data() const noexcept override { return reinterpret_cast<void*>(address_); }
    [[nodiscard]] std::size_t size() const noexcept override { return bytes_; }

  private:
    std::shared_ptr<Context> context_;
    std::uint64_t address_;
    std::size_t bytes_;
};

std::uint64_t address(const hone::Memory& memory, std::size_t offset, std::size_t bytes) {
    if (offset > memory.size() || bytes > memory.size() - offset)
        throw hone::Error(hone::Errc::internal, "a copy reaches beyond the memory");
    return reinterpret_cast<std::uint64_t>(memory.data()) + offset;
}

// The text of a module, wherever it is.
std::string source(const hone::Module& module, const hone::Binary& binary) {
    const auto text = [](const std::vector<std::byte>& bytes) {
        return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    if (module.kind == hone::Module::Kind::binary) return text(module.bytes);
    if (module.kind == hone::Module::Kind::source) {
        if (binary.format != "fake")
            throw Fault{hone::Outcome::launch_failed, "foreign binary", false};
        return text(binary.bytes);
    }
    std::ifstream in(module.library, std::ios::binary);
    if (!in) {
        throw Fault{hone::Outcome::launch_failed, "cannot read library " + module.library, false};
    }
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

hone::Session::Loaded Session::load(const hone::Program& program,
                                    std::span<const hone::Binary> binaries) {
    Loaded loaded;
    try {
        if (const auto fault = context_->fault()) throw Fault(*fault);
        if (binaries.size() != program.modules.size())
            throw Fault{hone::Outcome::launch_failed, "not one binary per module", false};
        std::vector<ModuleText> modules;
        for (std::size_t i = 0; i < binaries.size(); ++i) {
            Parsed parsed = parse(source(program.modules[i], binaries[i]));
            if (!parsed.error.empty())
                throw Fault{hone::Outcome::launch_failed, "damaged binary: " + parsed.error, false};
            modules.push_back(std::move(parsed.module));
        }
        loaded.kernel = std::make_unique<Kernel>(context_, program, std::move(modules));
    } catch (const Fault& fault) {
        loaded.outcome = fault.outcome;
        loaded.detail = fault.text;
    }
    return loaded;
}

std::unique_ptr<hone::Memory> Session::allocate(std::size_t bytes, hone::MemoryUse) {
    const std::uint64_t address = context_->allocate(bytes);
    return address ? std::make_unique<Memory>(context_, address, bytes) : nullptr;
}

void Session::upload(hone::Memory& to, std::size_t offset, std::span<const std::byte> from) {
    const std::uint64_t begin = address(to, offset, from.size());
    context_->access([&](DeviceMemory& memory) {
        std::ranges::copy(from, memory.reach(begin).at(begin, from.size()));
    });
}

void Session::download(const hone::Memory& from, std::size_t offset, std::span<std::byte> to) {
    const std::uint64_t begin = address(from, offset, to.size());
    context_->access([&](DeviceMemory& memory) {
        std::copy_n(memory.reach(begin).at(begin, to.size()), to.size(), to.begin());
    });
}

void Session::fill(hone::Memory& to, std::byte value) {
    const std::uint64_t begin = address(to, 0, to.size());
    context_->access([&](DeviceMemory& memory) {
        std::fill_n(memory.reach(begin).at(begin, to.size()), to.size(), value);
    });
}

hone::RunReport Session::check_guards(const hone::Memory& memory) {
    if (const auto fault = context_->fault()) return report(*fault);
    std::string damage;
    context_->access([&](DeviceMemory& device) { damage = device.damage(address(memory, 0, 0)); });
    if (damage.empty()) return {};
    return {hone::Outcome::out_of_bounds, std::move(damage), false};
}

hone::RunReport Session::run(const hone::Launch& launch) {
    const auto* kernel = dynamic_cast<const Kernel*>(launch.kernel);
    if (!kernel || !launch.problem || launch.operand_sets.empty())
        throw hone::Error(hone::Errc::internal, "a launch without kernel, problem or operands");
    const LaunchInputs inputs{launch.problem, launch.operand_sets.front(), launch.prepared,
                              launch.workspace};
    if (const auto fault = kernel->queue(inputs, {})) return report(*fault);
    return context_->synchronize();
}

std::vector<hone::Samples> Session::measure(std::span<const hone::Launch> launches,
                                            const hone::Policy&, int rounds,
                                            std::chrono::steady_clock::time_point deadline) {
    std::vector<hone::Samples> samples(launches.size());
    std::vector<bool> failed(launches.size());
    for (std::size_t i = 0; i < launches.size(); ++i) {
        // A sticky fault is found again by synchronize(): no sample after it would be worth much.
        const hone::RunReport ran = run(launches[i]);
        if (ran.poisoned) return std::vector<hone::Samples>(launches.size());
        failed[i] = ran.outcome != hone::Outcome::ok;
    }
    for (int round = 0; round < rounds && std::chrono::steady_clock::now() < deadline; ++round) {
        for (std::size_t turn = 0; turn < launches.size(); ++turn) {
            const std::size_t i = (turn + static_cast<std::size_t>(round)) % launches.size();
            if (failed[i]) continue;
            const auto& kernel = dynamic_cast<const Kernel&>(*launches[i].kernel);
            samples[i].picoseconds.push_back(kernel.picoseconds(samples_++));
            samples[i].clock_khz = clock_khz;
        }
    }
    return samples;
}

hone::RunReport Session::synchronize() { return context_->synchronize(); }

} // namespace fake
