// Opens one plugin file and checks what it exports before anything in it is called.
#pragma once

#include "hone/plugin.hpp"

#include <filesystem>
#include <string>

namespace hone::plugin {

// A plugin whose PluginInfo fits this hone. It stays in memory until the process exits.
struct Opened {
    PluginKind kind{};
    std::string name, version;
    PluginContents (*factory)(const PluginHost& host) = nullptr;
};

// Runs the static constructors of the library and nothing else of it. Throws Error(unavailable)
// that names the file, and both values of a mismatch.
[[nodiscard]] Opened open(const std::filesystem::path& file);

// Runs the factory. Throws Error(unavailable) with the plugin's name and what the factory threw, or
// when it brought something of another kind than its PluginInfo states.
[[nodiscard]] PluginContents make_contents(const Opened& plugin, const PluginHost& host);

[[nodiscard]] const char* to_string(PluginKind kind) noexcept;

} // namespace hone::plugin
