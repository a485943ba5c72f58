// A file of compiled modules, made where there is no device and used where there is one. It is
// code: it is read only when the user names it, and never enters a shared store.
// docs/binary_bundles.md has the format.
#pragma once

#include "hone/digest.hpp"
#include "hone/program.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace hone {

class BinaryBundle final {
  public:
    std::string backend;  // "cuda"
    std::string compiler; // that made them: "nvrtc 13.0"
    // Smallest version of the driver that loads them, as the backend counts: 13000 for CUDA 13.0;
    // 0: any.
    std::int64_t minimum_driver = 0;

    void put(const Module& module, std::string_view arch, Binary binary);
    [[nodiscard]] const Binary* get(const Module& module, std::string_view arch) const;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] std::set<std::string> architectures() const;
    // What `other` has and this has not. Throws Error(usage) when backend or compiler differ.
    void merge(const BinaryBundle& other);

    // Ed25519 (libsodium). A seed is 64 hexadecimal digits; so is the public key that verifies.
    // Throw Error(usage) for anything else.
    [[nodiscard]] static std::string public_key(std::string_view seed);

    // Written aside, synced and renamed. `seed` empty: not signed. Throws Error(not_kept).
    void write(const std::filesystem::path& path, std::string_view seed = {}) const;
    // `trusted` not empty: the public key that must have signed it. Throws Error(unavailable) when
    // the file cannot be read, is damaged, of another version, or not signed as it must be.
    [[nodiscard]] static BinaryBundle read(const std::filesystem::path& path,
                                           std::string_view trusted = {});
    // The same of a file's bytes; `path` stands in what is thrown.
    [[nodiscard]] static BinaryBundle parse(std::span<const std::uint8_t> file,
                                            const std::filesystem::path& path,
                                            std::string_view trusted = {});

  private:
    struct Entry {
        std::string arch;
        Binary binary;
    };
    std::map<Digest, Entry> entries_;
};

} // namespace hone
