// A shared library opened at run time, with what it lacks kept for the report.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace hone::cuda {

class SharedLibrary final {
  public:
    // Opens the first of `candidates` (file names or paths) that can be opened. Never closed: a
    // driver with threads of its own does not survive that.
    explicit SharedLibrary(std::span<const std::string> candidates);

    [[nodiscard]] bool is_open() const noexcept { return handle_ != nullptr; }
    // The file that was opened, as the dynamic linker names it.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    // Why none could be opened; empty when one was.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

    // Null, and remembered in missing(), when there is no such symbol.
    [[nodiscard]] void* symbol(const char* name);
    // Null when there is no such symbol.
    [[nodiscard]] void* optional_symbol(const char* name) const noexcept;
    [[nodiscard]] const std::vector<std::string>& missing() const noexcept { return missing_; }

  private:
    void* handle_ = nullptr;
    std::string path_, error_;
    std::vector<std::string> missing_;
};

} // namespace hone::cuda
