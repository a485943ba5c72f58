// A GPU opened by one process.
#pragma once

#include "context.hpp"
#include "kernel.hpp"
#include "memory.hpp"
#include "nvml.hpp"

#include <memory>
#include <vector>

namespace hone::cuda {

// A stream of a context, destroyed with its owner.
class OwnStream final {
  public:
    explicit OwnStream(std::shared_ptr<Context> context);
    ~OwnStream();
    OwnStream(const OwnStream&) = delete;
    OwnStream& operator=(const OwnStream&) = delete;
    [[nodiscard]] api::Stream get() const noexcept { return stream_; }

  private:
    std::shared_ptr<Context> context_;
    api::Stream stream_ = nullptr;
};

class CudaSession final : public Session {
  public:
    // `nvml` outlives the session. Throws DriverError.
    CudaSession(std::shared_ptr<Context> context, const Nvml& nvml, const std::string& bus_id);

    [[nodiscard]] Loaded load(const Program& program, std::span<const Binary> binaries) override;
    [[nodiscard]] std::unique_ptr<Memory> allocate(std::size_t bytes, MemoryUse use) override;
    void upload(Memory& to, std::size_t offset, std::span<const std::byte> from) override;
    void download(const Memory& from, std::size_t offset, std::span<std::byte> to) override;
    void fill(Memory& to, std::byte value) override;
    [[nodiscard]] RunReport check_guards(const Memory& memory) override;
    [[nodiscard]] RunReport run(const Launch& launch) override;
    [[nodiscard]] std::vector<Samples>
    measure(std::span<const Launch> launches, const Policy& policy, int rounds,
            std::chrono::steady_clock::time_point deadline) override;
    RunReport synchronize() override;

  private:
    // Throws Error(device_lost) or DriverError.
    void require(api::Result result, const char* what) const;

    std::shared_ptr<Context> context_;
    OwnStream stream_;
    Nvml::Card card_;
};

} // namespace hone::cuda
