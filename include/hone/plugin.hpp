// The border between hone and its plugins. A plugin is a shared library that links libhone and
// exports one `extern "C" const hone::PluginInfo hone_plugin`.
//
// A plugin is loaded with local binding and kept until the process exits. Nothing in it is called
// before its PluginInfo was checked: struct size, ABI number and toolchain must equal hone's.
#pragma once

#include "hone/options.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace hone {

class Operation;
class Backend;
class KernelFamily;
class Strategy;
class StoreKind;

enum class PluginKind : std::uint32_t { operation = 1, backend, family, search, store };

// Raised with every incompatible change of a type a plugin sees.
inline constexpr std::uint32_t plugin_abi = 2;

// Compiler and standard library that types are laid out by.
#define HONE_STRINGIFY_(x) #x
#define HONE_STRINGIFY(x) HONE_STRINGIFY_(x)
#if defined(__clang__)
#define HONE_COMPILER_ "clang " HONE_STRINGIFY(__clang_major__)
#else
#define HONE_COMPILER_ "gcc " HONE_STRINGIFY(__GNUC__)
#endif
#if defined(_GLIBCXX_RELEASE)
#define HONE_STDLIB_ "libstdc++ cxx11abi " HONE_STRINGIFY(_GLIBCXX_USE_CXX11_ABI)
#else
#define HONE_STDLIB_ "libc++"
#endif
inline constexpr const char* plugin_toolchain = HONE_COMPILER_ "; " HONE_STDLIB_;

// What a plugin brings. Fill in the members of its kind; several of one kind are fine.
struct PluginContents {
    std::vector<std::unique_ptr<Operation>> operations;
    std::vector<std::unique_ptr<Backend>> backends;
    std::vector<std::unique_ptr<KernelFamily>> families;
    struct Search {
        std::string name;
        std::string summary; // one line
        std::unique_ptr<Strategy> (*make)() = nullptr;
    };
    std::vector<Search> searches;
    std::vector<std::unique_ptr<StoreKind>> stores;

    PluginContents();
    PluginContents(PluginContents&&) noexcept;
    PluginContents& operator=(PluginContents&&) noexcept;
    ~PluginContents();
};

// What a plugin may know of its host.
struct PluginHost {
    std::string library;      // absolute path of this plugin
    std::string cache_folder; // for the plugin's own derived files; may be empty
    std::vector<std::filesystem::path> plugin_folders; // those that the user names
    NamedLibraries libraries;
};

struct PluginInfo {
    std::uint32_t struct_size;
    std::uint32_t abi;
    const char* toolchain;
    PluginKind kind;
    const char* name;
    const char* version;
    // May throw; the plugin is refused then, with its name.
    PluginContents (*factory)(const PluginHost& host);
};

} // namespace hone

// At namespace scope of exactly one file of a plugin.
#define HONE_PLUGIN(KIND, NAME, VERSION, FACTORY)                                                  \
    extern "C" __attribute__((visibility("default"))) const ::hone::PluginInfo hone_plugin;        \
    extern "C" const ::hone::PluginInfo hone_plugin = {sizeof(::hone::PluginInfo),                 \
                                                       ::hone::plugin_abi,                         \
                                                       ::hone::plugin_toolchain,                   \
                                                       ::hone::PluginKind::KIND,                   \
                                                       NAME,                                       \
                                                       VERSION,                                    \
                                                       FACTORY}
