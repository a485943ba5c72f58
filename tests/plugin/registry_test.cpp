#include "hone/error.hpp"
#include "hone/registry.hpp"
#include "tests/catch.hpp"
#include "tests/plugin/plugins/family.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace hone;
namespace fs = std::filesystem;

namespace {

const fs::path plugins = HONE_TEST_PLUGINS;

Options with_folders(std::vector<fs::path> folders) {
    Options options;
    options.plugin_folders = std::move(folders);
    return options;
}

// Has `count` devices; a spec other than the empty one names the device that is given.
class TestBackend final : public Backend {
  public:
    TestBackend(std::string name, int count) : name_(std::move(name)), count_(count) {}

    std::string name() const override { return name_; }
    std::vector<Device> devices(std::string_view spec) const override {
        if (spec == "broken") throw std::runtime_error("the driver is broken");
        std::vector<Device> found;
        for (int i = 0; i < count_; ++i) {
            std::string id = name_;
            if (!spec.empty()) id.append(":").append(spec);
            found.push_back({std::move(id), i, {}});
        }
        return found;
    }
    std::vector<std::string> missing() const override {
        return count_ == 0 ? std::vector<std::string>{"no driver of " + name_}
                           : std::vector<std::string>{};
    }
    std::string compiler_identity() const override { return {}; }
    CompileResult compile(const Module&, const DeviceModel&) const override { return {}; }
    std::string compile_key(const DeviceModel&) const override { return {}; }
    Isolation isolation() const override { return Isolation::respawn_on_fault; }
    std::string default_policy() const override { return {}; }
    std::unique_ptr<Session> open(const Device&, const SessionOptions&) const override {
        return nullptr;
    }

  private:
    std::string name_;
    int count_;
};

// Opens nothing and says which URL it was asked for.
class TestStoreKind final : public StoreKind {
  public:
    explicit TestStoreKind(std::string scheme) : scheme_(std::move(scheme)) {}
    std::string scheme() const override { return scheme_; }
    std::unique_ptr<Store> open(std::string_view url,
                                std::function<void(std::string)>) const override {
        throw std::runtime_error(scheme_ + " opens " + std::string(url));
    }

  private:
    std::string scheme_;
};

PluginContents backends(std::vector<std::pair<std::string, int>> list) {
    PluginContents contents;
    for (auto& [name, count] : list)
        contents.backends.push_back(std::make_unique<TestBackend>(name, count));
    return contents;
}

// What the call throws: its text, and its hint after a line feed.
template <class Call> std::string error_of(Call call) {
    try {
        (void)call();
    } catch (const Error& error) {
        CHECK(error.code() == Errc::unavailable);
        return std::string(error.what()) + "\n" + error.hint();
    }
    return "no error";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// None of hone's own: their names would be other ones in every build.
constexpr PluginKind families_only[] = {PluginKind::family};

} // namespace

TEST_CASE("a registry knows the core operations and what the plugins of its folders bring",
          "[plugin]") {
    const Registry registry(with_folders({plugins / "good", plugins / "absent"}), families_only);
    CHECK(registry.operation("gemm").name() == "gemm");
    CHECK(registry.family("test_good").name() == "test_good");
    const auto found = std::ranges::find(registry.loaded(), "good", &Registry::Loaded::name);
    REQUIRE(found != registry.loaded().end());
    CHECK(found->kind == PluginKind::family);
    CHECK(found->version == "1.2.3");
    CHECK(found->path == plugins / "good/good.so");
    CHECK(registry.refused().empty());
}

TEST_CASE("wrong plugins are listed with their reasons, and the others work", "[plugin]") {
    const Registry registry(with_folders({plugins / "refused", plugins / "good"}));
    const auto wrong =
        std::distance(fs::directory_iterator(plugins / "refused"), fs::directory_iterator());
    CHECK(std::ranges::count_if(registry.refused(), [](const Registry::Refused& plugin) {
              return fs::path(plugin.path).parent_path() == plugins / "refused" &&
                     !plugin.reason.empty();
          }) == wrong);
    CHECK(std::ranges::none_of(registry.loaded(), [](const Registry::Loaded& plugin) {
        return fs::path(plugin.path).parent_path() == plugins / "refused";
    }));
    CHECK(registry.family("test_good").name() == "test_good");
}

TEST_CASE("the second plugin with a family's name is refused, naming both", "[plugin]") {
    const Registry registry(with_folders({plugins / "good", plugins / "twin"}), families_only);
    REQUIRE(registry.refused().size() == 1);
    const Registry::Refused& twin = registry.refused().front();
    CHECK(twin.path == plugins / "twin/twin.so");
    CHECK(contains(twin.reason, "family 'test_good'"));
    CHECK(contains(twin.reason, plugins / "twin/twin.so"));
    CHECK(contains(twin.reason, plugins / "good/good.so"));
    CHECK(std::ranges::count(registry.families(), "test_good", &KernelFamily::name) == 1);
}

TEST_CASE("a plugin that another user can change is not opened", "[plugin]") {
    if (::geteuid() != 0) HONE_SKIP("only root can give a file away");
    const fs::path folder = plugins / "foreign";
    fs::remove_all(folder);
    fs::create_directories(folder);
    const fs::path file = folder / "good.so";
    fs::copy_file(plugins / "good/good.so", file);
    REQUIRE(::chown(file.c_str(), 12345, 12345) == 0);
    REQUIRE(::chmod(file.c_str(), 0666) == 0);
    const Registry registry(with_folders({folder}), families_only);
    CHECK(std::ranges::none_of(
        registry.loaded(), [&](const Registry::Loaded& plugin) { return plugin.path == file; }));
    REQUIRE(registry.refused().size() == 1);
    CHECK(contains(registry.refused().front().reason,
                   "good.so: every user may write the file, which belongs to user 12345"));
    fs::remove_all(folder);
}

TEST_CASE("plugins of kinds that nobody asked for are not run", "[plugin]") {
    constexpr PluginKind stores_only[] = {PluginKind::store};
    const Registry registry(with_folders({plugins / "refused", plugins / "good"}), stores_only);
    CHECK(registry.families().empty());
    for (const Registry::Refused& plugin : registry.refused())
        CHECK_FALSE(contains(plugin.reason, "factory of"));
}

TEST_CASE("objects of the caller come before those of plugins", "[plugin]") {
    const Registry registry(with_folders({plugins / "good"}), family_named("test_good"),
                            families_only);
    REQUIRE(registry.refused().size() == 1);
    CHECK(contains(registry.refused().front().reason, "already brought by the caller"));

    PluginContents twice = family_named("a");
    twice.families.push_back(std::make_unique<TestFamily>("a"));
    CHECK(contains(error_of([&] { return Registry(Options{}, std::move(twice)).loaded().size(); }),
                   "family 'a'"));
}

TEST_CASE("a name that is not there gets what there is and the nearest", "[plugin]") {
    const Registry registry(with_folders({plugins / "good"}), families_only);
    const std::string family = error_of([&] { return registry.family("test_god").name(); });
    CHECK(contains(family, "no family 'test_god': there is "));
    CHECK(contains(family, "did you mean test_good?"));
    CHECK(
        contains(error_of([&] { return registry.operation("gem").name(); }), "did you mean gemm?"));
    CHECK(contains(error_of([&] { return registry.make_search("locl"); }),
                   "no search 'locl': there is none"));
}

TEST_CASE("a device is named by its backend and what the backend makes of the rest", "[plugin]") {
    const Registry registry(Options{}, backends({{"here", 2}, {"gone", 0}}), families_only);
    const auto ids = [&](std::string_view spec) {
        std::vector<std::string> found;
        for (const Device& device : registry.devices(spec)) found.push_back(device.id);
        return found;
    };
    using Ids = std::vector<std::string>;
    CHECK(ids("here") == Ids{"here", "here"});
    CHECK(ids("here:2") == Ids{"here:2", "here:2"});
    CHECK(ids("here:a:b") == Ids{"here:a:b", "here:a:b"});
    CHECK(ids("all") == Ids{"here", "here"});
    CHECK_THROWS_WITH(ids("here:broken"), "the driver is broken");

    const std::string none = error_of([&] { return ids("gone"); });
    CHECK(contains(none, "no gone device: no driver of gone"));
    CHECK(contains(none, "devices that work: here, here"));
    const std::string absent = error_of([&] { return ids("cuda:0"); });
    CHECK(contains(absent, "no backend 'cuda'"));
    CHECK(contains(absent, "hone_backend_cuda.so"));
    CHECK(contains(absent, "devices that work: here, here"));
}

TEST_CASE("where no device is, every backend says why", "[plugin]") {
    const Registry registry(Options{}, backends({{"one", 0}, {"two", 0}}), families_only);
    CHECK(contains(error_of([&] { return registry.devices("all"); }),
                   "no device: no driver of one; no driver of two"));
    const Registry empty(Options{}, families_only);
    CHECK(contains(error_of([&] { return empty.devices("all"); }), "no backend plugin in"));
}

TEST_CASE("a store is found by its scheme, and a bare path is for sqlite", "[plugin]") {
    PluginContents contents;
    contents.stores.push_back(std::make_unique<TestStoreKind>("sqlite"));
    contents.stores.push_back(std::make_unique<TestStoreKind>("dir"));
    const Registry registry(Options{}, std::move(contents), families_only);
    const std::vector<std::pair<std::string, std::string>> table = {
        {"sqlite:/a/b", "sqlite opens sqlite:/a/b"},        {"dir:/a", "dir opens dir:/a"},
        {"/a/b.sqlite", "sqlite opens sqlite:/a/b.sqlite"}, {"facts", "sqlite opens sqlite:facts"},
        {"/a:b/c", "sqlite opens sqlite:/a:b/c"},           {"./x:y", "sqlite opens sqlite:./x:y"},
    };
    for (const auto& [url, expected] : table)
        CHECK_THROWS_WITH(registry.open_store(url, nullptr), expected);
    const std::string unknown = error_of([&] { return registry.open_store("dri:/a", nullptr); });
    CHECK(contains(unknown, "no store 'dri': there is sqlite, dir"));
    CHECK(contains(unknown, "did you mean dir?"));
}

TEST_CASE("what a registry handed out stays mapped after it", "[plugin]") {
    const void* vtable = nullptr;
    {
        const Registry registry(with_folders({plugins / "good"}), families_only);
        vtable = *reinterpret_cast<const void* const*>(&registry.family("test_good"));
    }
    // The object is gone, its code is not.
    CHECK(*static_cast<const void* const*>(vtable) != nullptr);
}
