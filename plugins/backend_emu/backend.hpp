// Backend "emu": PTX run on the CPU under all checks.
#pragma once

#include "hone/backend.hpp"
#include "nvrtc.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace hone::emu {

class EmuBackend final : public Backend {
  public:
    // `nvrtc`: its library, or empty for where it usually lies.
    explicit EmuBackend(std::string nvrtc = {}) : path_(std::move(nvrtc)) {}

    [[nodiscard]] std::string name() const override { return "emu"; }
    [[nodiscard]] std::string runs_families_of() const override { return "cuda"; }
    [[nodiscard]] std::vector<Device> devices(std::string_view spec) const override;
    [[nodiscard]] std::vector<std::string> missing() const override;
    [[nodiscard]] std::string compiler_identity() const override;
    [[nodiscard]] CompileResult compile(const hone::Module& module,
                                        const DeviceModel& device) const override;
    [[nodiscard]] std::string compile_key(const DeviceModel& device) const override;
    [[nodiscard]] Isolation isolation() const override { return Isolation::fork_per_candidate; }
    [[nodiscard]] std::string default_policy() const override { return "emu-cost/1"; }
    [[nodiscard]] std::unique_ptr<Session> open(const Device& device,
                                                const SessionOptions& options) const override;

  private:
    [[nodiscard]] const Nvrtc& nvrtc() const;

    std::string path_;
    mutable std::once_flag once_;
    mutable std::unique_ptr<Nvrtc> nvrtc_;
};

} // namespace hone::emu
