// An emulated device opened by one process.
#pragma once

#include "hone/backend.hpp"
#include "kernel.hpp"

#include <memory>

namespace hone::emu {

class EmuSession final : public Session {
  public:
    explicit EmuSession(const DeviceModel& model);

    [[nodiscard]] Loaded load(const Program& program, std::span<const Binary> binaries) override;
    [[nodiscard]] std::unique_ptr<Memory> allocate(std::size_t bytes, MemoryUse use) override;
    void upload(Memory& to, std::size_t offset, std::span<const std::byte> from) override;
    void download(const Memory& from, std::size_t offset, std::span<std::byte> to) override;
    void fill(Memory& to, std::byte value) override;
    // Every access was checked when it was made.
    [[nodiscard]] RunReport check_guards(const Memory&) override { return {}; }
    // Runs the launch eagerly, late and by chance, and compares what the three left behind.
    [[nodiscard]] RunReport run(const hone::Launch& launch) override;
    // Not timed: warp instructions, bank conflict cycles and sectors, a nanosecond each.
    [[nodiscard]] std::vector<Samples>
    measure(std::span<const hone::Launch> launches, const Policy& policy, int rounds,
            std::chrono::steady_clock::time_point deadline) override;
    RunReport synchronize() override { return {}; }

  private:
    std::string arch_;
    u32 shared_limit_;
    std::shared_ptr<AddressSpace> memory_ = std::make_shared<AddressSpace>();
};

// What reports amount to: the outcome of the gravest, its message, and all of them.
[[nodiscard]] RunReport run_report(const Reports& reports);

} // namespace hone::emu
