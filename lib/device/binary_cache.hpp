// Compiled modules on disk, of this machine and user only: code never enters a shared store.
#pragma once

#include "hone/digest.hpp"
#include "hone/options.hpp"
#include "hone/program.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace hone {

// Safe to use from several processes at once: entries are written aside and renamed. Bounded:
// entries that were used longest ago make room.
class BinaryCache final {
  public:
    static constexpr std::uint64_t default_bytes = std::uint64_t{2} << 30;

    BinaryCache() = default; // keeps nothing
    explicit BinaryCache(std::filesystem::path folder, std::uint64_t most_bytes = default_bytes)
        : folder_(std::move(folder)), most_bytes_(most_bytes) {}

    // The user's; keeps nothing where no folder can be used.
    [[nodiscard]] static BinaryCache of(const Options& options);

    // `compile_key` is Backend::compile_key of the device.
    [[nodiscard]] static Digest key(const Module& module, std::string_view compile_key);
    // A damaged entry is a miss and is removed.
    [[nodiscard]] std::optional<Binary> get(const Digest& key) const;
    // Failing to keep a binary costs a compile later and is no error. Trims by chance, once for
    // every sixteenth of the limit that all processes together write: the limit may be passed by
    // about that much.
    void put(const Digest& key, const Binary& binary) const noexcept;
    // Where the entries take more than the limit, removes those used longest ago until they take at
    // most seven eighths of it. Returns how many bytes are left.
    std::uint64_t trim() const noexcept;

  private:
    std::filesystem::path folder_;
    std::uint64_t most_bytes_ = default_bytes;
};

} // namespace hone
