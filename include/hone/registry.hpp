// Everything that is known here: core operations and whatever the plugins brought.
#pragma once

#include "hone/backend.hpp"
#include "hone/family.hpp"
#include "hone/operation.hpp"
#include "hone/options.hpp"
#include "hone/plugin.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// Immutable after construction; safe to use from several threads. Must outlive what it hands out.
class Registry {
  public:
    // Loads the plugins beside libhone, then those of options.plugin_folders, of the kinds asked
    // for (all when empty). A plugin that is refused is listed in refused(), and the rest works.
    explicit Registry(const Options& options, std::span<const PluginKind> kinds = {});
    // With objects made by the caller as well (tests, embedding).
    Registry(const Options& options, PluginContents extra, std::span<const PluginKind> kinds = {});
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    struct Loaded {
        PluginKind kind;
        std::string name, version, path;
    };
    struct Refused {
        std::string path;
        std::string reason; // names the plugin and, for a mismatch, both values
    };
    [[nodiscard]] std::span<const Loaded> loaded() const noexcept;
    [[nodiscard]] std::span<const Refused> refused() const noexcept;

    [[nodiscard]] std::span<const Operation* const> operations() const noexcept;
    [[nodiscard]] std::span<const Backend* const> backends() const noexcept;
    [[nodiscard]] std::span<const KernelFamily* const> families() const noexcept;
    struct Search {
        std::string name, summary;
    };
    [[nodiscard]] std::span<const Search> searches() const noexcept;
    [[nodiscard]] std::span<const StoreKind* const> stores() const noexcept;

    // Throw Error(unavailable) that names what there is.
    [[nodiscard]] const Operation& operation(std::string_view name) const;
    [[nodiscard]] const Backend& backend(std::string_view name) const;
    [[nodiscard]] const KernelFamily& family(std::string_view name) const;
    [[nodiscard]] std::unique_ptr<Strategy> make_search(std::string_view name) const;
    // "sqlite:/path", or a bare path for sqlite.
    [[nodiscard]] std::unique_ptr<Store> open_store(std::string_view url,
                                                    std::function<void(std::string)> warn) const;
    // "cpu", "cpu:2", "emu:sm_80", "all".
    [[nodiscard]] std::vector<Device> devices(std::string_view spec) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace hone
