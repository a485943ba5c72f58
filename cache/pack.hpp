// A pack is a file of records: docs/packs.md is the page of its format.
#pragma once

#include "hone/fact.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace hone::cache {

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
[[nodiscard]] std::vector<Record> read_pack(const std::filesystem::path& file);

} // namespace hone::cache
