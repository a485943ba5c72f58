// NVRTC, opened when first needed: CUDA C++ to PTX, with no GPU and no driver.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace hone::emu {

class Nvrtc {
  public:
    // Looks for the library at `path`, or where it usually lies when that is empty. Never throws:
    // see error().
    explicit Nvrtc(const std::string& path = {});
    ~Nvrtc();
    Nvrtc(const Nvrtc&) = delete;
    Nvrtc& operator=(const Nvrtc&) = delete;

    [[nodiscard]] bool available() const noexcept;
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    [[nodiscard]] std::string version() const; // "13.0"

    struct Compiled {
        bool ok = false;
        std::string ptx;
        std::string log;
    };
    // Safe to call from several threads. `name` is shown in diagnostics and in line information.
    [[nodiscard]] Compiled compile(const std::string& source, const std::string& name,
                                   const std::vector<std::string>& options) const;

  private:
    struct Api;
    std::unique_ptr<Api> api_;
    std::string error_;
};

} // namespace hone::emu
