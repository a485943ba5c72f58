#include "hone/error.hpp"
#include "hone/family.hpp"
#include "lib/plugin/catalogue.hpp"
#include "lib/plugin/load.hpp"
#include "tests/catch.hpp"

#include <fmt/format.h>

#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace hone;
namespace fs = std::filesystem;

namespace {

const fs::path test_plugins = HONE_TEST_PLUGINS;

// What a plugin goes through in a registry; why it is refused, or nothing.
std::string refusal(const fs::path& file) {
    try {
        const plugin::Opened opened = plugin::open(file);
        plugin::Catalogue catalogue;
        catalogue.add(plugin::make_contents(opened, {file.native(), {}, {}, {}}), file.native());
        return {};
    } catch (const Error& error) {
        CHECK(error.code() == Errc::unavailable);
        return error.what();
    }
}

struct Scratch {
    fs::path folder = fs::path(HONE_TEST_PLUGINS) / "scratch";
    Scratch() { fs::create_directories(folder); }
    ~Scratch() { fs::remove_all(folder); }
    fs::path write(const std::string& name, const std::string& bytes) const {
        std::ofstream(folder / name, std::ios::binary) << bytes;
        return folder / name;
    }
};

std::string bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("a plugin in order is opened and brings its family", "[plugin]") {
    const fs::path file = test_plugins / "good/good.so";
    const plugin::Opened opened = plugin::open(file);
    CHECK(opened.kind == PluginKind::family);
    CHECK(opened.name == "good");
    CHECK(opened.version == "1.2.3");
    const PluginContents contents = plugin::make_contents(opened, {file.native(), {}, {}, {}});
    REQUIRE(contents.families.size() == 1);
    CHECK(contents.families.front()->name() == "test_good");
}

TEST_CASE("each wrong plugin is refused with its own reason", "[plugin]") {
    const std::string ours = plugin_toolchain;
    const std::vector<std::pair<std::string, std::vector<std::string>>> table = {
        {"no_symbol", {"exports no hone_plugin"}},
        {"unresolved", {"cannot be loaded", "this_symbol_is_nowhere"}},
        {"one_byte", {"not a PluginInfo"}},
        {"function", {"not a PluginInfo"}},
        {"other_size", {"24 bytes", fmt::format("hone's has {}", sizeof(PluginInfo))}},
        {"lying_size", {"states 48 bytes and has 4"}},
        {"other_abi", {"ABI 7", fmt::format("this hone has {}", plugin_abi)}},
        {"other_toolchain", {"\"gcc 4\"", ours}},
        {"null_toolchain", {"built with \"\"", ours}},
        {"kind_zero", {"kind is 0"}},
        {"kind_above", {"kind is 99"}},
        {"null_name", {"name is missing"}},
        {"spaced_name", {"name is missing or unprintable"}},
        {"null_version", {"version of 'info'"}},
        {"null_factory", {"'info' has no factory"}},
        {"throws_exception", {"factory of 'contents' 3.1", "no licence found"}},
        {"throws_error", {"factory of 'contents' 3.1", "a hone error"}},
        {"throws_int", {"factory of 'contents' 3.1", "a value of type int"}},
        {"null_family", {"brings a null family"}},
        {"bad_family_name", {"family", "\"a=b\""}},
        {"unnameable", {"no name today"}},
        {"other_kind", {"'contents' is a search plugin and brings a family"}},
        {"no_maker", {"brings a null search"}},
    };
    std::size_t built = 0;
    for (const auto& file : fs::directory_iterator(test_plugins / "refused")) {
        (void)file;
        ++built;
    }
    CHECK(built == table.size());
    for (const auto& [name, parts] : table) {
        const std::string reason = refusal(test_plugins / "refused" / (name + ".so"));
        INFO(name << ": " << reason);
        for (const std::string& part : parts) CHECK(reason.find(part) != std::string::npos);
    }
}

TEST_CASE("files that are no libraries are refused", "[plugin]") {
    const Scratch scratch;
    const std::string whole = bytes_of(test_plugins / "good/good.so");
    REQUIRE(whole.size() > 4096);
    const std::vector<std::pair<std::string, std::string>> table = {
        {"text.so", "This is a text.\n"},      {"empty.so", ""},
        {"header.so", whole.substr(0, 64)},    {"half_header.so", whole.substr(0, 30)},
        {"zeros.so", std::string(8192, '\0')},
    };
    for (const auto& [name, bytes] : table) {
        const std::string reason = refusal(scratch.write(name, bytes));
        INFO(name << ": " << reason);
        CHECK(reason.starts_with(name + ": cannot be loaded: "));
    }
    CHECK(refusal(scratch.folder / "absent.so").find("cannot be loaded") != std::string::npos);
}

TEST_CASE("a plugin stays in memory and keeps its symbols to itself", "[plugin]") {
    const fs::path file = test_plugins / "good/good.so";
    (void)plugin::open(file);
    void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD);
    REQUIRE(handle != nullptr);
    ::dlclose(handle);
    CHECK(::dlsym(RTLD_DEFAULT, "hone_plugin") == nullptr);
}
