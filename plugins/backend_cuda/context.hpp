// A context of the driver: the device's primary one, or one that a host lends.
#pragma once

#include "driver.hpp"
#include "hone/backend.hpp"

#include <memory>

namespace hone::cuda {

// Shared by a session and everything that was made in it. Any thread may use it.
class Context final {
  public:
    // Throws DriverError.
    [[nodiscard]] static std::shared_ptr<Context> primary(std::shared_ptr<const Driver> driver,
                                                          int ordinal);
    // Stays the caller's.
    [[nodiscard]] static std::shared_ptr<Context> adopt(std::shared_ptr<const Driver> driver,
                                                        void* context);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    [[nodiscard]] const Driver& driver() const noexcept { return *driver_; }

    // Makes the context current on this thread, and what was before current again.
    class Current final {
      public:
        explicit Current(const Context& context) noexcept;
        ~Current();
        Current(const Current&) = delete;
        Current& operator=(const Current&) = delete;
        [[nodiscard]] api::Result result() const noexcept { return result_; }

      private:
        const Driver& driver_;
        api::Result result_ = api::Result::success;
        bool pushed_ = false;
    };

  private:
    Context(std::shared_ptr<const Driver> driver, api::Context handle)
        : driver_(std::move(driver)), handle_(handle) {}

    std::shared_ptr<const Driver> driver_;
    api::Context handle_;
    std::optional<api::Device> retained_; // device whose primary context this is
};

} // namespace hone::cuda
