// Backend "cuda".
#pragma once

#include "driver.hpp"
#include "hone/backend.hpp"
#include "hone/options.hpp"
#include "nvml.hpp"
#include "nvrtc/nvrtc.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace hone::cuda {

class CudaBackend final : public Backend {
  public:
    explicit CudaBackend(NamedLibraries libraries) : libraries_(std::move(libraries)) {}

    [[nodiscard]] std::string name() const override { return "cuda"; }
    // "cuda", "cuda:1"; "cuda:1:shared" takes a card that others use or that is under MPS.
    [[nodiscard]] std::vector<Device> devices(std::string_view spec) const override;
    [[nodiscard]] std::vector<std::string> missing() const override;
    [[nodiscard]] std::string compiler_identity() const override { return nvrtc().identity(); }
    void load_compiler() const override { (void)nvrtc(); }
    [[nodiscard]] std::int64_t driver_version() const override { return driver()->version(); }
    [[nodiscard]] CompileResult compile(const Module& module,
                                        const DeviceModel& device) const override;
    [[nodiscard]] std::string compile_key(const DeviceModel& device) const override;
    [[nodiscard]] Isolation isolation() const override { return Isolation::respawn_on_fault; }
    [[nodiscard]] std::string default_policy() const override { return "gpu-cold-rotate/1"; }
    [[nodiscard]] std::unique_ptr<Session> open(const Device& device,
                                                const SessionOptions& options) const override;

  private:
    // Each is loaded when first needed: compile workers never start the driver, and listing
    // families never loads the compiler.
    [[nodiscard]] std::shared_ptr<const Driver> driver() const;
    [[nodiscard]] const Nvrtc& nvrtc() const;
    [[nodiscard]] const Nvml& nvml() const;

    const NamedLibraries libraries_;
    mutable std::mutex mutex_;
    mutable std::shared_ptr<const Driver> driver_;
    mutable std::unique_ptr<const Nvrtc> nvrtc_;
    mutable std::unique_ptr<const Nvml> nvml_;
};

} // namespace hone::cuda
