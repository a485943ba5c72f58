// A shared library beside the plugin that holds one of its LLVM parts.
#pragma once

#include <mutex>
#include <string>

namespace hone::cpu {

// Opened on first use and never closed: code of LLVM may be running until exit. Safe to use from
// several threads.
class PartLibrary final {
  public:
    PartLibrary(std::string path, std::string symbol)
        : path_(std::move(path)), symbol_(std::move(symbol)) {}

    // Address of the part's entry; null when the library is missing or does not load.
    [[nodiscard]] void* entry() const;
    // Why entry() is null, one line.
    [[nodiscard]] std::string error() const;

  private:
    std::string path_, symbol_;
    mutable std::once_flag once_;
    mutable void* entry_ = nullptr;
    mutable std::string error_;
};

} // namespace hone::cpu
