// What the environment says, read once at the edge of the program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace hone {

// Libraries to use instead of those that a plugin would look for. Empty: none is named, or by a
// relative path, which would make code depend on the current folder.
struct NamedLibraries {
    std::string cuda_driver;   // $HONE_CUDA_DRIVER
    std::string cuda_nvrtc;    // $HONE_CUDA_NVRTC
    std::string cuda_nvml;     // $HONE_CUDA_NVML
    std::string cuda_cublaslt; // $HONE_CUDA_CUBLASLT
    // $VIRTUAL_ENV or $CONDA_PREFIX: the Python environment that is active, whose wheels are
    // looked at first.
    std::string python_prefix;
};

// Bundles of compiled programs to look into before compiling.
struct NamedBundles {
    std::vector<std::filesystem::path> files; // $HONE_BUNDLE, colon-separated
    std::string key; // $HONE_BUNDLE_KEY: public key that must have signed them; empty: any, or none
};

struct Options {
    // First of $HONE_CACHE_DIR, $XDG_CACHE_HOME/hone, $HOME/.cache/hone, /tmp/hone-$UID (0700,
    // owned by the user) that can be used. Empty: none, results stay in memory.
    std::filesystem::path cache_folder;
    // $HONE_PLUGIN_PATH, colon-separated; searched after the folder beside libhone.
    std::vector<std::filesystem::path> plugin_folders;
    std::filesystem::path worker;    // $HONE_WORKER, else found relative to libhone
    std::vector<std::string> stores; // $HONE_STORE, space-separated URLs; empty: the user store
    NamedLibraries libraries;
    NamedBundles bundles;
    std::vector<std::string> warnings; // folders passed over, and why

    [[nodiscard]] static Options from_env();
};

// The folder of the running libhone, by dladdr.
[[nodiscard]] std::filesystem::path library_folder();

} // namespace hone
