// Backend "cpu".
#pragma once

#include "hone/backend.hpp"
#include "part_library.hpp"

#include <string>

namespace hone::cpu {

class CpuBackend final : public Backend {
  public:
    // `parts_folder` holds the LLVM parts.
    explicit CpuBackend(const std::string& parts_folder);

    [[nodiscard]] std::string name() const override { return "cpu"; }
    [[nodiscard]] std::vector<Device> devices(std::string_view spec) const override;
    [[nodiscard]] std::vector<std::string> missing() const override;
    [[nodiscard]] std::string compiler_identity() const override;
    void load_compiler() const override { (void)compiler_.entry(); }
    [[nodiscard]] CompileResult compile(const Module& module,
                                        const DeviceModel& device) const override;
    [[nodiscard]] std::string compile_key(const DeviceModel& device) const override;
    [[nodiscard]] Isolation isolation() const override { return Isolation::fork_per_candidate; }
    [[nodiscard]] bool shares_cores() const override { return true; }
    [[nodiscard]] std::string default_policy() const override { return "cpu-warm/1"; }
    [[nodiscard]] std::unique_ptr<Session> open(const Device& device,
                                                const SessionOptions& options) const override;

  private:
    PartLibrary compiler_, loader_;
};

} // namespace hone::cpu
