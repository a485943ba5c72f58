// The CPU opened by one process.
#pragma once

#include "hone/backend.hpp"
#include "kernel.hpp"
#include "memory.hpp"
#include "part_library.hpp"

#include <memory>
#include <string>
#include <vector>

namespace hone::cpu {

// What a session needs of its device.
struct SessionDevice {
    std::vector<int> places; // one CPU per thread
    std::int64_t l2_bytes = 0;
    std::int64_t l3_bytes = 0;
};

class CpuSession final : public Session {
  public:
    // `loader` must outlive the session and its kernels.
    CpuSession(SessionDevice device, const SessionOptions& options, const PartLibrary& loader);

    [[nodiscard]] Loaded load(const Program& program, std::span<const Binary> binaries) override;
    [[nodiscard]] std::unique_ptr<Memory> allocate(std::size_t bytes, MemoryUse use) override;
    void upload(Memory& to, std::size_t offset, std::span<const std::byte> from) override;
    void download(const Memory& from, std::size_t offset, std::span<std::byte> to) override;
    void fill(Memory& to, std::byte value) override;
    [[nodiscard]] RunReport check_guards(const Memory& memory) override;
    void protect_inputs() override { inputs_->protect(); }
    [[nodiscard]] RunReport run(const Launch& launch) override;
    [[nodiscard]] std::vector<Samples>
    measure(std::span<const Launch> launches, const Policy& policy, int rounds,
            std::chrono::steady_clock::time_point deadline) override;
    RunReport synchronize() override { return {}; } // launches return when they have ended

  private:
    void flush_caches();

    SessionDevice device_;
    int cpu_; // of the calling thread while it measures, -1 under the host's threads
    std::shared_ptr<Parallel> parallel_;
    std::shared_ptr<ObjectLoader> loader_; // null without LLVM
    std::string no_loader_;                // why
    std::shared_ptr<InputRegister> inputs_ = std::make_shared<InputRegister>();
    std::vector<std::byte> flushed_; // more than all caches hold; made by the first cold sample
};

} // namespace hone::cpu
