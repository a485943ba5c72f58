// Compiled modules on disk, of this machine and user only: code never enters a shared store.
#pragma once

#include "hone/digest.hpp"
#include "hone/options.hpp"
#include "hone/program.hpp"

#include <filesystem>
#include <optional>
#include <string_view>

namespace hone {

// Safe to use from several processes at once: entries are written aside and renamed.
class BinaryCache final {
  public:
    BinaryCache() = default; // keeps nothing
    explicit BinaryCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

    // The user's; keeps nothing where no folder can be used.
    [[nodiscard]] static BinaryCache of(const Options& options);

    // `compile_key` is Backend::compile_key of the device.
    [[nodiscard]] static Digest key(const Module& module, std::string_view compile_key);
    // A damaged entry is a miss and is removed.
    [[nodiscard]] std::optional<Binary> get(const Digest& key) const;
    // Failing to keep a binary costs a compile later and is no error.
    void put(const Digest& key, const Binary& binary) const noexcept;

  private:
    std::filesystem::path folder_;
};

} // namespace hone
