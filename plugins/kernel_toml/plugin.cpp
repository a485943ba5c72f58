#include "hone/plugin.hpp"

#include "family.hpp"
#include "hone/backend.hpp"
#include "hone/family.hpp"
#include "hone/operation.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace {

namespace fs = std::filesystem;

// FOLDER/kernel.toml and FOLDER/*/kernel.toml, by name.
std::vector<fs::path> descriptions(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (auto entry = fs::directory_iterator(folder, error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
        std::error_code ignored;
        fs::path file = entry->path() / "kernel.toml";
        if (fs::is_regular_file(file, ignored)) files.push_back(std::move(file));
    }
    std::ranges::sort(files);
    std::error_code ignored;
    if (fs::is_regular_file(folder / "kernel.toml", ignored))
        files.insert(files.begin(), folder / "kernel.toml");
    return files;
}

hone::PluginContents make(const hone::PluginHost& host) {
    hone::PluginContents contents;
    // Beside hone's own plugins, and in the plugin folders that the environment names.
    std::vector<fs::path> folders = host.plugin_folders;
    folders.insert(folders.begin(), fs::path(host.library).parent_path());
    for (const fs::path& folder : folders)
        for (const fs::path& file : descriptions(folder))
            contents.families.push_back(std::make_unique<hone::kernel_toml::DescribedKernel>(file));
    return contents;
}

} // namespace

HONE_PLUGIN(family, "kernel_toml", HONE_VERSION, make);
