// Which files are looked at as plugins, and which of them are not to be trusted.
#pragma once

#include "hone/options.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace hone::plugin {

struct Candidate {
    std::filesystem::path file; // absolute
    std::string refusal;        // why it must not be opened; empty: it may
};

// The *.so files of `own`, hone's own plugins, then those of each named folder, by name within a
// folder. A file met before, also through a link, is left out. A folder that is missing or cannot
// be read has no plugins.
[[nodiscard]] std::vector<Candidate>
find_candidates(const std::filesystem::path& own,
                std::span<const std::filesystem::path> named_folders);

// Why code from this file must not run in a process of user `self`: others may write it, or its
// folder, and one of them belongs to somebody other than root and `self`. Empty: it may.
[[nodiscard]] std::string distrust(const struct stat& file, const struct stat& folder, uid_t self);

} // namespace hone::plugin
