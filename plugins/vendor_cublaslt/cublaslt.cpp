#include "cublaslt.hpp"

#include <dlfcn.h>
#include <link.h>
#include <vector>

namespace hone::cublaslt {
namespace {

std::vector<std::string> candidates(const std::string& path) {
    if (!path.empty()) return {path};
    std::vector<std::string> names = {"libcublasLt.so.13", "libcublasLt.so.12",
                                      "libcublasLt.so.11"};
    for (const char* folder :
         {"/usr/local/cuda/lib64/", "/usr/local/cuda/lib/", "/opt/cuda/lib64/"})
        for (std::size_t i = 0; i < 3; ++i) names.push_back(folder + names[i]);
    return names;
}

} // namespace

Library::Library(const std::string& path) {
    // Never closed: it keeps state on devices. One that is loaded already goes before any other.
    void* handle = nullptr;
    for (const int mode : {RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD, RTLD_NOW | RTLD_LOCAL})
        for (const std::string& candidate : candidates(path))
            if (!handle) handle = ::dlopen(candidate.c_str(), mode);
    if (!handle) return;
    link_map* map = nullptr;
    if (::dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map && map->l_name) path_ = map->l_name;
    get_version_ = reinterpret_cast<std::size_t (*)()>(::dlsym(handle, "cublasLtGetVersion"));
    usable_ = get_version_ != nullptr;
#define HONE_CUBLASLT_LOAD(member, symbol, parameters)                                             \
    member = reinterpret_cast<int(*) parameters>(::dlsym(handle, symbol));                         \
    usable_ = usable_ && member;
    HONE_CUBLASLT_FUNCTIONS(HONE_CUBLASLT_LOAD)
#undef HONE_CUBLASLT_LOAD
}

std::string Library::version() const {
    if (!usable_) return {};
    // 120103 for 12.1.3, and 130100 for 13.1.0.
    const std::size_t version = get_version_();
    return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
           std::to_string(version % 100);
}

} // namespace hone::cublaslt
