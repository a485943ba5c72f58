#include "common/library.hpp"

#include <dlfcn.h>
#include <filesystem>
#include <memory>
#include <vector>

namespace hone::vendor {
namespace {

// What the dynamic linker would search for this program, LD_LIBRARY_PATH included.
std::vector<std::filesystem::path> search_folders() {
    std::vector<std::filesystem::path> folders;
    void* program = dlopen(nullptr, RTLD_LAZY);
    Dl_serinfo size{};
    if (program && dlinfo(program, RTLD_DI_SERINFOSIZE, &size) == 0) {
        const auto storage = std::make_unique<std::byte[]>(size.dls_size);
        auto* info = reinterpret_cast<Dl_serinfo*>(storage.get());
        info->dls_size = size.dls_size;
        info->dls_cnt = size.dls_cnt;
        if (dlinfo(program, RTLD_DI_SERINFO, info) == 0)
            for (unsigned i = 0; i < size.dls_cnt; ++i)
                folders.emplace_back(info->dls_serpath[i].dls_name);
    }
    if (program) dlclose(program);
    folders.emplace_back("/usr/local/lib");
    return folders;
}

} // namespace

std::string find_library(std::span<const char* const> sonames) {
    const auto folders = search_folders();
    for (const char* soname : sonames)
        for (const auto& folder : folders) {
            std::error_code error;
            const auto path = folder / soname;
            if (std::filesystem::is_regular_file(path, error)) return path.string();
        }
    return {};
}

Library::Library(const std::string& path) {
    if (!path.empty()) handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
}

void* Library::symbol(const char* name) const noexcept {
    return handle_ ? dlsym(handle_, name) : nullptr;
}

} // namespace hone::vendor
