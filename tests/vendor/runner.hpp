// Runs a vendor family's program once through the CPU backend and judges the result against the
// operation's reference.
#pragma once

#include "hone/backend.hpp"
#include "hone/family.hpp"
#include "hone/gemm.hpp"

#include <memory>
#include <string>
#include <vector>

namespace hone::test {

class VendorRunner {
  public:
    VendorRunner(const Backend& backend, const std::string& spec)
        : device_(backend.devices(spec).at(0)), session_(backend.open(device_, {})) {}

    [[nodiscard]] const DeviceModel& model() const { return device_.model; }

    // What went wrong, or empty. Leading dimensions grow by `slack` elements.
    [[nodiscard]] std::string check(const KernelFamily& family, const Gemm& gemm,
                                    std::uint64_t seed, std::int64_t slack = 0);

  private:
    Device device_;
    std::unique_ptr<Session> session_;
};

} // namespace hone::test
