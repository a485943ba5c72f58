// Where this user's cache may live.
#pragma once

#include <filesystem>
#include <string>

namespace hone {

// Creates the folder with its parents where needed (0700). Returns why it cannot be written, or
// nothing.
[[nodiscard]] std::string why_unwritable(const std::filesystem::path& folder);

// The same for a folder below a directory that everybody can write: besides, it must be a real
// directory, owned by this user and closed to everybody else, since another user may have made it
// first.
[[nodiscard]] std::string why_not_private(const std::filesystem::path& folder);

} // namespace hone
