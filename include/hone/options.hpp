// What the environment says, read once at the edge of the program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace hone {

struct Options {
    // First of $HONE_CACHE_DIR, $XDG_CACHE_HOME/hone, $HOME/.cache/hone, /tmp/hone-$UID (0700,
    // owned by the user) that can be used. Empty: none, results stay in memory.
    std::filesystem::path cache_folder;
    // $HONE_PLUGIN_PATH, colon-separated; searched after the folder beside libhone.
    std::vector<std::filesystem::path> plugin_folders;
    std::filesystem::path worker;      // $HONE_WORKER, else found relative to libhone
    std::vector<std::string> stores;   // $HONE_STORE, space-separated URLs; empty: the user store
    std::vector<std::string> warnings; // folders passed over, and why

    [[nodiscard]] static Options from_env();
};

// The folder of the running libhone, by dladdr.
[[nodiscard]] std::filesystem::path library_folder();

} // namespace hone
