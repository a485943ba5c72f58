#include "lib/plugin/load.hpp"

#include "hone/error.hpp"
#include "lib/plugin/thrown.hpp"

#include <boost/dll/shared_library.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <string_view>
#include <system_error>

namespace hone::plugin {
namespace {

namespace fs = std::filesystem;

constexpr const char* symbol = "hone_plugin";

// Objects made by a plugin, their vtables and thread-local destructors may outlive every handle, so
// the library is never unmapped.
const auto load_mode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local |
                       static_cast<boost::dll::load_mode::type>(RTLD_NODELETE);

Error refusal(const fs::path& file, std::string_view reason) {
    return Error(Errc::unavailable, fmt::format("{}: {}", file.filename().native(), reason));
}

std::string last_dl_error(const fs::path& file) {
    const char* text = ::dlerror();
    std::string message = text ? text : "the dynamic loader gave no reason";
    if (message.starts_with(file.native() + ": ")) message.erase(0, file.native().size() + 2);
    return message;
}

// Bytes of the data object at `address` by its library's symbol table; 0 when it is no data.
std::size_t object_bytes(const void* address) {
    Dl_info library{};
    void* entry = nullptr;
    if (::dladdr1(address, &library, &entry, RTLD_DL_SYMENT) == 0 || !entry) return 0;
    const auto* sym = static_cast<const ElfW(Sym)*>(entry);
    // The type has the same place in 32 and 64 bit symbols.
    return ELF64_ST_TYPE(sym->st_info) == STT_OBJECT ? sym->st_size : 0;
}

// The text, or a null view when it is absent, empty, unended or not printable. A version or a
// toolchain may have spaces, a name may not.
std::string_view plain_text(const char* text, bool spaces) {
    constexpr std::size_t longest = 127;
    if (!text) return {};
    const std::size_t length = ::strnlen(text, longest + 1);
    if (length > longest) return {};
    const std::string_view view(text, length);
    const bool printable = std::ranges::all_of(
        view, [spaces](char c) { return (c > ' ' && c < 0x7f) || (spaces && c == ' '); });
    return printable ? view : std::string_view{};
}

// The size comes first and is read alone: the members of another struct may lie elsewhere, or
// beyond its end.
void check_size(const fs::path& file, const void* address) {
    std::uint32_t stated = 0;
    const std::size_t present = object_bytes(address);
    if (present < sizeof stated) throw refusal(file, "its hone_plugin is not a PluginInfo");
    std::memcpy(&stated, address, sizeof stated);
    if (stated != sizeof(PluginInfo)) {
        throw refusal(file, fmt::format("its PluginInfo has {} bytes, this hone's has {}", stated,
                                        sizeof(PluginInfo)));
    }
    if (present < stated) {
        throw refusal(file,
                      fmt::format("its PluginInfo states {} bytes and has {}", stated, present));
    }
}

template <class Contents, class Visit> void visit_kinds(Contents& contents, Visit visit) {
    visit(PluginKind::operation, contents.operations.size());
    visit(PluginKind::backend, contents.backends.size());
    visit(PluginKind::family, contents.families.size());
    visit(PluginKind::search, contents.searches.size());
    visit(PluginKind::store, contents.stores.size());
}

} // namespace

const char* to_string(PluginKind kind) noexcept {
    switch (kind) {
    case PluginKind::operation:
        return "operation";
    case PluginKind::backend:
        return "backend";
    case PluginKind::family:
        return "family";
    case PluginKind::search:
        return "search";
    case PluginKind::store:
        return "store";
    }
    return "unknown";
}

Opened open(const fs::path& file) {
    boost::dll::shared_library library;
    std::error_code error;
    library.load(file, load_mode, error);
    if (error) throw refusal(file, "cannot be loaded: " + last_dl_error(file));
    if (!library.has(symbol)) throw refusal(file, "exports no hone_plugin, so it is no plugin");
    const void* address = &library.get<const unsigned char>(symbol);
    check_size(file, address);

    const auto& info = *static_cast<const PluginInfo*>(address);
    if (info.abi != plugin_abi) {
        throw refusal(
            file, fmt::format("built for plugin ABI {}, this hone has {}", info.abi, plugin_abi));
    }
    const std::string_view toolchain = plain_text(info.toolchain, true);
    if (toolchain != plugin_toolchain) {
        throw refusal(file, fmt::format("built with \"{}\", this hone with \"{}\"", toolchain,
                                        plugin_toolchain));
    }
    const auto kind = static_cast<std::uint32_t>(info.kind);
    constexpr auto first = static_cast<std::uint32_t>(PluginKind::operation);
    constexpr auto last = static_cast<std::uint32_t>(PluginKind::store);
    if (kind < first || kind > last) {
        throw refusal(file, fmt::format("its kind is {}, known are {} to {}", kind, first, last));
    }
    const std::string_view name = plain_text(info.name, false);
    const std::string_view version = plain_text(info.version, true);
    if (name.empty()) throw refusal(file, "its name is missing or unprintable");
    if (version.empty()) {
        throw refusal(file, fmt::format("the version of '{}' is missing or unprintable", name));
    }
    if (!info.factory) throw refusal(file, fmt::format("'{}' has no factory", name));
    return {info.kind, std::string(name), std::string(version), info.factory};
}

PluginContents make_contents(const Opened& plugin, const PluginHost& host) {
    const fs::path file = host.library;
    PluginContents contents;
    try {
        contents = plugin.factory(host);
    } catch (...) {
        throw refusal(file, fmt::format("the factory of '{}' {} threw {}", plugin.name,
                                        plugin.version, thrown_text()));
    }
    visit_kinds(contents, [&](PluginKind kind, std::size_t count) {
        if (count == 0 || kind == plugin.kind) return;
        throw refusal(file, fmt::format("'{}' is a {} plugin and brings a {}", plugin.name,
                                        to_string(plugin.kind), to_string(kind)));
    });
    return contents;
}

} // namespace hone::plugin
