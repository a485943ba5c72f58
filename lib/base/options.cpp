#include "hone/options.hpp"

#include "hone/error.hpp"
#include "lib/base/cache_folder.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <string_view>
#include <unistd.h>

namespace hone {

namespace {

namespace fs = std::filesystem;

// Empty variables count as unset.
std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = text.find(separator);
        if (end != 0) parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return parts;
}

fs::path choose_cache_folder(std::vector<std::string>& warnings) {
    struct Candidate {
        const char* variable;
        const char* below;
    };
    bool named = false;
    for (const auto& [name, below] :
         {Candidate{"HONE_CACHE_DIR", ""}, Candidate{"XDG_CACHE_HOME", "hone"},
          Candidate{"HOME", ".cache/hone"}}) {
        const std::string value = variable(name);
        if (value.empty()) continue;
        named = true;
        fs::path folder = value;
        std::string why;
        // A relative one would be another folder after every chdir; the XDG specification has them
        // ignored.
        if (folder.is_relative()) {
            why = "not an absolute path";
        } else {
            if (*below != '\0') folder /= below;
            why = why_unwritable(folder);
        }
        if (why.empty()) return folder;
        warnings.push_back("cache folder " + folder.string() + " (" + name + "): " + why);
    }
    if (!named) warnings.push_back("neither HONE_CACHE_DIR, XDG_CACHE_HOME nor HOME is set");

    fs::path folder = "/tmp/hone-" + std::to_string(::geteuid());
    const std::string why = why_not_private(folder);
    if (why.empty()) {
        warnings.push_back("the cache is in " + folder.string() + " and may not outlive a restart");
        return folder;
    }
    warnings.push_back("cache folder " + folder.string() + ": " + why);
    warnings.push_back("there is no folder for a cache: results stay in memory");
    return {};
}

// A library named by a relative path is passed over with a warning.
std::string library(const char* name, std::vector<std::string>& warnings) {
    std::string value = variable(name);
    if (value.empty() || fs::path(value).is_absolute()) return value;
    warnings.push_back("library " + value + " (" + name + "): not an absolute path");
    return {};
}

NamedLibraries named_libraries(std::vector<std::string>& warnings) {
    NamedLibraries libraries;
    libraries.cuda_driver = library("HONE_CUDA_DRIVER", warnings);
    libraries.cuda_nvrtc = library("HONE_CUDA_NVRTC", warnings);
    libraries.cuda_nvml = library("HONE_CUDA_NVML", warnings);
    libraries.cuda_cublaslt = library("HONE_CUDA_CUBLASLT", warnings);
    for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
        const std::string prefix = variable(name);
        if (libraries.python_prefix.empty() && fs::path(prefix).is_absolute())
            libraries.python_prefix = prefix;
    }
    return libraries;
}

} // namespace

Options Options::from_env() {
    Options options;
    options.cache_folder = choose_cache_folder(options.warnings);
    for (const std::string& part : split(variable("HONE_PLUGIN_PATH"), ':')) {
        const fs::path folder = part;
        // Plugins are code: which ones are loaded must not depend on the current folder.
        if (folder.is_absolute()) {
            options.plugin_folders.push_back(folder);
        } else {
            options.warnings.push_back("plugin folder " + part +
                                       " (HONE_PLUGIN_PATH): not an absolute path");
        }
    }
    const std::string worker = variable("HONE_WORKER");
    options.worker =
        worker.empty() ? library_folder() / "hone" / "hone-worker" : fs::absolute(worker);
    options.stores = split(variable("HONE_STORE"), ' ');
    options.libraries = named_libraries(options.warnings);
    for (const std::string& part : split(variable("HONE_BUNDLE"), ':'))
        options.bundles.files.emplace_back(part);
    options.bundles.key = variable("HONE_BUNDLE_KEY");
    return options;
}

fs::path library_folder() {
    Dl_info info{};
    if (::dladdr(reinterpret_cast<const void*>(&library_folder), &info) == 0 ||
        info.dli_fname == nullptr) {
        throw Error(Errc::internal,
                    "the dynamic linker does not know where libhone was loaded from");
    }
    // Links are followed: plugins and worker lie beside the real file.
    return fs::weakly_canonical(info.dli_fname).parent_path();
}

} // namespace hone
