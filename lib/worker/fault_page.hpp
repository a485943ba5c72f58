// Shared memory that outlives a run and holds what its death left there.
#pragma once

#include "lib/worker/death.hpp"
#include "lib/worker/descriptor.hpp"

namespace hone {

class FaultPage final {
  public:
    // A new one, zero-filled. Throws Error(unavailable).
    FaultPage();
    // One received from another process. Throws Malformed when it is too small or can shrink.
    explicit FaultPage(Descriptor file);
    ~FaultPage();
    FaultPage(const FaultPage&) = delete;
    FaultPage& operator=(const FaultPage&) = delete;

    [[nodiscard]] int file() const noexcept { return file_.get(); }
    // The mapping stays.
    void close_file() noexcept { file_.reset(); }
    [[nodiscard]] FaultRecord read() const noexcept;
    [[nodiscard]] FaultRecord* record() noexcept { return record_; }

  private:
    Descriptor file_;
    FaultRecord* record_ = nullptr;
};

} // namespace hone
