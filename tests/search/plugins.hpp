// Every search plugin of this build, loaded the way a host does.
#pragma once

#include "hone/plugin.hpp"
#include "hone/strategy.hpp"

#include <algorithm>
#include <dlfcn.h>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace hone::test {

inline std::vector<PluginContents::Search> search_plugins() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(HONE_PLUGIN_DIR))
        if (entry.path().filename().string().starts_with("hone_search_"))
            paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());

    std::vector<PluginContents::Search> searches;
    for (const auto& path : paths) {
        // Never closed: the strategies' code lives in it.
        void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) throw std::runtime_error(dlerror());
        const auto* info = static_cast<const PluginInfo*>(dlsym(library, "hone_plugin"));
        if (info == nullptr) throw std::runtime_error(path.string() + " exports no hone_plugin");
        PluginContents contents = info->factory({path.string(), ""});
        for (auto& search : contents.searches) searches.push_back(std::move(search));
    }
    return searches;
}

inline std::unique_ptr<Strategy> make_search(const std::string& name) {
    for (const auto& search : search_plugins())
        if (search.name == name) return search.make();
    throw std::runtime_error("no search plugin " + name);
}

} // namespace hone::test
