#include "headers.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

namespace hone::emu::test {
namespace {

namespace fs = std::filesystem;

bool has_cute(const fs::path& include) {
    std::error_code ignored;
    return fs::exists(include / "cute" / "tensor.hpp", ignored);
}

// PREFIX/lib/python3.N/site-packages/cutlass_library/source/include
fs::path of_python(const fs::path& prefix) {
    std::error_code ignored;
    for (const auto& python : fs::directory_iterator(prefix / "lib", ignored)) {
        if (!python.path().filename().string().starts_with("python3")) continue;
        for (const char* packages : {"site-packages", "dist-packages"}) {
            fs::path include = python.path() / packages / "cutlass_library" / "source" / "include";
            if (has_cute(include)) return include;
        }
    }
    return {};
}

} // namespace

fs::path cute_include(const std::string& python_prefix) {
    if (const char* named = std::getenv("HONE_CUTE_INCLUDE"); named && *named)
        return has_cute(named) ? fs::path(named) : fs::path();
    std::vector<fs::path> prefixes{"/usr/local", "/usr"};
    if (!python_prefix.empty()) prefixes.insert(prefixes.begin(), python_prefix);
    if (const char* home = std::getenv("HOME")) prefixes.push_back(fs::path(home) / ".local");
    for (const fs::path& prefix : prefixes)
        if (fs::path include = of_python(prefix); !include.empty()) return include;
    for (const char* toolkit : {"/usr/local/cuda", "/opt/cuda"})
        for (const char* folder : {"include", "cutlass/include"})
            if (has_cute(fs::path(toolkit) / folder)) return fs::path(toolkit) / folder;
    return {};
}

std::string cutlass_version(const fs::path& include) {
    std::ifstream in(include / "cutlass" / "version.h");
    std::string version;
    for (std::string line; std::getline(in, line);)
        for (const char* part : {"CUTLASS_MAJOR", "CUTLASS_MINOR", "CUTLASS_PATCH"}) {
            std::istringstream words(line);
            std::string define, name, value;
            if (words >> define >> name >> value && define == "#define" && name == part)
                version += (version.empty() ? "" : ".") + value;
        }
    return version.empty() ? "?" : version;
}

} // namespace hone::emu::test
