#include "part_library.hpp"

#include <dlfcn.h>

namespace hone::cpu {

void* PartLibrary::entry() const {
    std::call_once(once_, [this] {
        void* library = dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library) entry_ = dlsym(library, symbol_.c_str());
        if (!entry_) error_ = dlerror();
    });
    return entry_;
}

std::string PartLibrary::error() const { return entry() ? std::string{} : error_; }

} // namespace hone::cpu
