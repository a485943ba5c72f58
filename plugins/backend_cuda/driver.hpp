// NVIDIA's driver, loaded at run time.
#pragma once

#include "driver_api.hpp"
#include "nvrtc/shared_library.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace hone::cuda {

namespace api {
struct Driver {
#define HONE_CUDA_MEMBER(member, symbol, parameters) Result(*member) parameters = nullptr;
    HONE_CUDA_DRIVER_REQUIRED(HONE_CUDA_MEMBER)
    HONE_CUDA_DRIVER_OPTIONAL(HONE_CUDA_MEMBER)
#undef HONE_CUDA_MEMBER
};
} // namespace api

// A call of the driver that was refused.
class DriverError final : public std::runtime_error {
  public:
    DriverError(api::Result result, const std::string& what)
        : std::runtime_error(what), result_(result) {}
    [[nodiscard]] api::Result result() const noexcept { return result_; }

  private:
    api::Result result_;
};

// Safe to use from several threads.
class Driver final : public api::Driver {
  public:
    // `path` empty: the system's. Whatever is missing is told by missing(); then nothing else may
    // be called but text().
    explicit Driver(const std::string& path);

    // Libraries, symbols and devices that are not there, one line each.
    [[nodiscard]] const std::vector<std::string>& missing() const noexcept { return missing_; }
    [[nodiscard]] bool usable() const noexcept { return missing_.empty(); }
    // As CUDA writes its versions: 13000 for 13.0. 0 when unknown.
    [[nodiscard]] int version() const noexcept { return version_; }
    [[nodiscard]] int devices() const noexcept { return devices_; }

    // "CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)".
    [[nodiscard]] std::string text(api::Result result) const;
    // Throws DriverError when `result` is not success; `call` says what was tried.
    void require(api::Result result, const char* call) const {
        if (result != api::Result::success) refuse(result, call);
    }
    [[nodiscard]] int attribute(api::Device device, api::DeviceAttribute attribute) const noexcept;

  private:
    [[noreturn]] void refuse(api::Result result, const char* call) const;

    SharedLibrary library_;
    std::vector<std::string> missing_;
    int version_ = 0;
    int devices_ = 0;
};

// "13.0" for 13000.
[[nodiscard]] std::string version_text(int version);

} // namespace hone::cuda
