#include "hone/plugin.hpp"

#include "hone/error.hpp"
#include "hone/store.hpp"
#include "store.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace {

class SqliteKind final : public hone::StoreKind {
  public:
    [[nodiscard]] std::string scheme() const override { return "sqlite"; }
    // "sqlite:FILE" or "FILE".
    [[nodiscard]] std::unique_ptr<hone::Store>
    open(std::string_view url, std::function<void(std::string)> warn) const override {
        constexpr std::string_view prefix = "sqlite:";
        if (url.starts_with(prefix)) url.remove_prefix(prefix.size());
        if (url.empty())
            throw hone::Error(hone::Errc::usage, "sqlite: names no file",
                              "write sqlite:/path/to/facts.sqlite");
        return std::make_unique<hone::sqlite::SqliteStore>(url, std::move(warn));
    }
};

hone::PluginContents contents(const hone::PluginHost&) {
    hone::PluginContents contents;
    contents.stores.push_back(std::make_unique<SqliteKind>());
    return contents;
}

} // namespace

HONE_PLUGIN(store, "sqlite", HONE_VERSION, contents);
