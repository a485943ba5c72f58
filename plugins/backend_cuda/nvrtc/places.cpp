#include "nvrtc/places.hpp"

#include <algorithm>
#include <filesystem>
#include <pwd.h>
#include <system_error>
#include <unistd.h>

namespace hone::cuda {
namespace {

namespace fs = std::filesystem;

// Folders of `parent` whose name begins with `prefix`, the highest version first.
std::vector<fs::path> folders(const fs::path& parent, const std::string& prefix) {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(parent, ignored))
        if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
    std::sort(found.begin(), found.end(), std::greater<>());
    return found;
}

// Every libnvrtc.so.N of a folder.
void append_libraries(std::vector<std::string>& places, const fs::path& folder) {
    for (const fs::path& file : folders(folder, "libnvrtc.so.")) places.push_back(file.string());
}

// Wheels put it into nvidia/cuda_nvrtc (CUDA 11, 12) or nvidia/cu13.
void append_wheels(std::vector<std::string>& places, const fs::path& prefix) {
    for (const char* lib : {"lib", "lib64"}) {
        for (const fs::path& python : folders(prefix / lib, "python3")) {
            for (const char* packages : {"site-packages", "dist-packages"}) {
                const fs::path nvidia = python / packages / "nvidia";
                for (const fs::path& toolkit : folders(nvidia, "cu"))
                    append_libraries(places, toolkit / "lib");
            }
        }
    }
}

} // namespace

std::vector<std::string> nvrtc_places(const std::string& python_prefix) {
    std::vector<std::string> places;
    // A wheel of the environment that is active is meant before anything of the system.
    if (!python_prefix.empty()) append_wheels(places, python_prefix);
    for (const char* name : {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"})
        places.emplace_back(name);
    std::vector<fs::path> toolkits = {"/usr/local/cuda", "/opt/cuda", "/usr/lib/cuda"};
    for (const char* parent : {"/usr/local", "/opt"})
        for (const fs::path& toolkit : folders(parent, "cuda-")) toolkits.push_back(toolkit);
    for (const fs::path& toolkit : toolkits)
        for (const char* lib : {"lib64", "lib", "targets/x86_64-linux/lib"})
            append_libraries(places, toolkit / lib);
    for (const char* prefix : {"/usr/local", "/usr"}) append_wheels(places, prefix);
    if (const passwd* user = ::getpwuid(::geteuid()); user && user->pw_dir)
        append_wheels(places, fs::path(user->pw_dir) / ".local");
    return places;
}

} // namespace hone::cuda
