// A pack is a file of records: docs/packs.md is the page of its format.
#pragma once

#include "hone/fact.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

inline constexpr std::uint32_t pack_version = 1;
inline constexpr std::size_t max_pack_bytes = std::size_t{16} << 20; // as a file
inline constexpr std::size_t max_pack_records = std::size_t{64} << 10;
inline constexpr std::size_t max_pack_body_bytes = std::size_t{64} << 20;

// The union of the records, ordered by id. The same records give the same name(); whether they
// decode is not looked at. Throws Error(not_kept) where a limit is passed: split them then.
[[nodiscard]] std::vector<std::byte> pack(std::span<const Record> records);

// What a pack holds, each record once, ordered by id, ids equal to the digests of the bytes. Throws
// Error(workload) that says what is wrong: no pack, truncated, damaged, too large, or made by a
// newer version. Takes at most max_pack_body_bytes more than the result.
[[nodiscard]] std::vector<Record> unpack(std::span<const std::byte> bytes);

// The digest of the body that stands in the header; the name of a pack that is named by content.
// Throws like unpack, but looks at the header only.
[[nodiscard]] Digest pack_name(std::span<const std::byte> bytes);

// The same with a file, written aside, synced and renamed. Errors name the file.
void write_pack(const std::filesystem::path& file, std::span<const Record> records);
// `name`, where given, receives what pack_name says.
[[nodiscard]] std::vector<Record> read_pack(const std::filesystem::path& file,
                                            Digest* name = nullptr);
// Puts a pack named by its content, NAME.pack with pack_name in hexadecimal, into the folder unless
// it is there. Returns the file.
std::filesystem::path add_pack(const std::filesystem::path& folder,
                               std::span<const Record> records);

// Signatures stand beside a pack, in FILE.sig: Ed25519 over what the pack is named by, so that a
// pack may be compressed anew. docs/packs.md has the format.
struct PublicKey {
    std::array<std::uint8_t, 32> bytes{};
    friend bool operator==(const PublicKey&, const PublicKey&) = default;
};
// 64 hexadecimal digits, and back (nothing for any other text).
[[nodiscard]] std::string hex(const PublicKey& key);
[[nodiscard]] std::optional<PublicKey> parse_public_key(std::string_view text) noexcept;
// Makes a key and writes its secret half, for this user alone, where no file is. Throws
// Error(not_kept).
PublicKey make_signing_key(const std::filesystem::path& key_file);
// Replaces the signature of a pack. Throws Error(workload) when the pack or the key cannot be used,
// Error(not_kept).
PublicKey sign_pack(const std::filesystem::path& file, const std::filesystem::path& key_file);
// Whose signature stands beside the pack; nothing: it has none. Throws Error(check_failed) when it
// does not hold for this pack, Error(workload) when the pack is none.
[[nodiscard]] std::optional<PublicKey> signer_of(const std::filesystem::path& file);

} // namespace hone
