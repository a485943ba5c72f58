// Whose packs a store reads.
#pragma once

#include "hone/pack.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hone::directory {

// What stands behind "dir:" or "pack:" in a URL: a path and, behind "?signed=", public keys.
struct Place {
    std::filesystem::path path;
    std::vector<PublicKey> keys; // empty: anybody's

    // Throws Error(usage) that shows the URL.
    static Place parse(std::string_view url);
    // The records of a pack that may be read. Throws Error(workload) when it is damaged,
    // Error(check_failed) when nobody of `keys` signed it.
    [[nodiscard]] std::vector<Record> read(const std::filesystem::path& file,
                                           Digest* name = nullptr) const;
};

} // namespace hone::directory
