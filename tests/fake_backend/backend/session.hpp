// The context of this process, as hone sees it.
#pragma once

#include "context.hpp"
#include "hone/backend.hpp"

#include <memory>

namespace fake {

class Session final : public hone::Session {
  public:
    explicit Session(std::shared_ptr<Context> context) : context_(std::move(context)) {}

    [[nodiscard]] Loaded load(const hone::Program& program,
                              std::span<const hone::Binary> binaries) override;
    [[nodiscard]] std::unique_ptr<hone::Memory> allocate(std::size_t bytes,
                                                         hone::MemoryUse use) override;
    void upload(hone::Memory& to, std::size_t offset, std::span<const std::byte> from) override;
    void download(const hone::Memory& from, std::size_t offset, std::span<std::byte> to) override;
    void fill(hone::Memory& to, std::byte value) override;
    [[nodiscard]] hone::RunReport check_guards(const hone::Memory& memory) override;
    [[nodiscard]] hone::RunReport run(const hone::Launch& launch) override;
    // Each launch runs once; its samples are what its kernels say they take.
    [[nodiscard]] std::vector<hone::Samples>
    measure(std::span<const hone::Launch> launches, const hone::Policy& policy, int rounds,
            std::chrono::steady_clock::time_point deadline) override;
    hone::RunReport synchronize() override;

  private:
    std::shared_ptr<Context> context_;
    std::uint64_t samples_ = 0; // taken so far: they move the noise along
};

} // namespace fake
