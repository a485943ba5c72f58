// Files that the user names in the environment. Workers inherit it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// The library to use instead of those that a plugin would look for: "cuda.driver", "cuda.nvrtc",
// "cuda.nvml", "cuda.cublaslt" are $HONE_CUDA_DRIVER, $HONE_CUDA_NVRTC, $HONE_CUDA_NVML,
// $HONE_CUDA_CUBLASLT. Empty when none is named, or by a relative path: code must not depend on the
// current folder.
[[nodiscard]] std::string named_library(std::string_view name);
// $VIRTUAL_ENV or $CONDA_PREFIX: the Python environment that is active. May be empty.
[[nodiscard]] std::string python_prefix();

// Bundles of compiled programs to look into before compiling.
struct NamedBundles {
    std::vector<std::filesystem::path> files; // $HONE_BUNDLE, colon-separated
    std::string key; // $HONE_BUNDLE_KEY: public key that must have signed them; empty: any, or none
};
[[nodiscard]] NamedBundles named_bundles();

} // namespace hone
