#include "hone/plugin.hpp"

#include "directory_store.hpp"
#include "hone/store.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace {

class DirectoryKind final : public hone::StoreKind {
  public:
    [[nodiscard]] std::string scheme() const override { return "dir"; }
    [[nodiscard]] std::unique_ptr<hone::Store>
    open(std::string_view url, std::function<void(std::string)> warn) const override {
        return std::make_unique<hone::directory::DirectoryStore>(std::string(url), std::move(warn));
    }
};

class PackKind final : public hone::StoreKind {
  public:
    [[nodiscard]] std::string scheme() const override { return "pack"; }
    [[nodiscard]] std::unique_ptr<hone::Store>
    open(std::string_view url, std::function<void(std::string)>) const override {
        return std::make_unique<hone::directory::PackStore>(std::string(url));
    }
};

hone::PluginContents contents(const hone::PluginHost&) {
    hone::PluginContents contents;
    contents.stores.push_back(std::make_unique<DirectoryKind>());
    contents.stores.push_back(std::make_unique<PackKind>());
    return contents;
}

} // namespace

HONE_PLUGIN(store, "directory", HONE_VERSION, contents);
