#include "nvrtc/shared_library.hpp"

#include <dlfcn.h>
#include <link.h>

namespace hone::cuda {

SharedLibrary::SharedLibrary(std::span<const std::string> candidates) {
    for (const std::string& candidate : candidates) {
        handle_ = ::dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!handle_) {
            // The first is the one that was meant.
            if (error_.empty()) error_ = ::dlerror();
            continue;
        }
        error_.clear();
        path_ = candidate;
        link_map* map = nullptr;
        if (::dlinfo(handle_, RTLD_DI_LINKMAP, &map) == 0 && map && map->l_name)
            path_ = map->l_name;
        return;
    }
}

void* SharedLibrary::symbol(const char* name) {
    void* found = optional_symbol(name);
    if (!found) missing_.emplace_back(name);
    return found;
}

void* SharedLibrary::optional_symbol(const char* name) const noexcept {
    return handle_ ? ::dlsym(handle_, name) : nullptr;
}

} // namespace hone::cuda
