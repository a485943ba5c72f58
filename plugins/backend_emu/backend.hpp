// Backend "emu": PTX run on the CPU under all checks.
#pragma once

#include "hone/backend.hpp"
#include "hone/options.hpp"
#include "nvrtc/nvrtc.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace hone::emu {

class EmuBackend final : public Backend {
  public:
    explicit EmuBackend(NamedLibraries libraries = {}) : libraries_(std::move(libraries)) {}

    [[nodiscard]] std::string name() const override { return "emu"; }
    [[nodiscard]] std::string runs_families_of() const override { return "cuda"; }
    [[nodiscard]] std::vector<Device> devices(std::string_view spec) const override;
    [[nodiscard]] std::vector<std::string> missing() const override;
    [[nodiscard]] std::string compiler_identity() const override { return nvrtc().identity(); }
    void load_compiler() const override { (void)nvrtc(); }
    [[nodiscard]] CompileResult compile(const hone::Module& module,
                                        const DeviceModel& device) const override;
    [[nodiscard]] std::string compile_key(const DeviceModel& device) const override;
    [[nodiscard]] Isolation isolation() const override { return Isolation::fork_per_candidate; }
    [[nodiscard]] std::string default_policy() const override { return "emu-cost/1"; }
    [[nodiscard]] std::unique_ptr<Session> open(const Device& device,
                                                const SessionOptions& options) const override;

  private:
    [[nodiscard]] const cuda::Nvrtc& nvrtc() const; // loaded when first needed

    const NamedLibraries libraries_;
    mutable std::once_flag once_;
    mutable std::unique_ptr<const cuda::Nvrtc> nvrtc_;
};

} // namespace hone::emu
