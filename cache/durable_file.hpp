// Writing a whole file so that it is seen entirely or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace hone::cache {

// Writes aside in the same folder, syncs, and renames over `file`; the folder is synced too, so the
// file is there after a power loss. Throws Error(not_kept) and leaves what was there before.
void write_durably(const std::filesystem::path& file, std::span<const std::byte> bytes);

} // namespace hone::cache
