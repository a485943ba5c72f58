// Vendor libraries on this machine. Nothing of them is linked: they are found and opened at run
// time.
#pragma once

#include <span>
#include <string>

namespace hone::vendor {

// Path of the first of `sonames` in the folders where the dynamic linker looks, or in
// /usr/local/lib; empty when none has one. Opens nothing: opening may start threads.
[[nodiscard]] std::string find_library(std::span<const char* const> sonames);

// A library that stays open until the process exits, since one with threads of its own does not
// survive closing. Its names stay out of everyone else's, because several libraries export the same
// ones.
class Library final {
  public:
    explicit Library(const std::string& path); // empty: nothing is opened

    [[nodiscard]] bool opened() const noexcept { return handle_ != nullptr; }
    // Null when there is none.
    template <typename Function> [[nodiscard]] Function* function(const char* name) const noexcept {
        return reinterpret_cast<Function*>(symbol(name));
    }

  private:
    [[nodiscard]] void* symbol(const char* name) const noexcept;
    void* handle_ = nullptr;
};

} // namespace hone::vendor
