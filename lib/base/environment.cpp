#include "hone/environment.hpp"

#include <algorithm>
#include <cstdlib>

namespace hone {

namespace {

std::string value_of(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::string absolute_or_nothing(std::string path) {
    return std::filesystem::path(path).is_absolute() ? std::move(path) : std::string();
}

} // namespace

std::string named_library(std::string_view name) {
    struct Library {
        std::string_view name;
        const char* variable;
    };
    for (const auto& [known, from] :
         {Library{"cuda.driver", "HONE_CUDA_DRIVER"}, Library{"cuda.nvrtc", "HONE_CUDA_NVRTC"},
          Library{"cuda.nvml", "HONE_CUDA_NVML"}, Library{"cuda.cublaslt", "HONE_CUDA_CUBLASLT"}})
        if (known == name) return absolute_or_nothing(value_of(from));
    return {};
}

std::string python_prefix() {
    std::string prefix = absolute_or_nothing(value_of("VIRTUAL_ENV"));
    return prefix.empty() ? absolute_or_nothing(value_of("CONDA_PREFIX")) : prefix;
}

NamedBundles named_bundles() {
    NamedBundles bundles;
    bundles.key = value_of("HONE_BUNDLE_KEY");
    const std::string list = value_of("HONE_BUNDLE");
    for (std::size_t begin = 0; begin < list.size();) {
        const std::size_t end = std::min(list.find(':', begin), list.size());
        if (end > begin) bundles.files.push_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return bundles;
}

} // namespace hone
