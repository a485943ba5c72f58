#include "hone/registry.hpp"

#include "hone/error.hpp"
#include "hone/grouped_gemm.hpp"
#include "lib/base/nearest.hpp"
#include "lib/plugin/candidates.hpp"
#include "lib/plugin/catalogue.hpp"
#include "lib/plugin/load.hpp"
#include "lib/plugin/thrown.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace hone {

struct Registry::Impl {
    std::filesystem::path own_folder = library_folder() / "hone" / "plugins";
    plugin::Catalogue catalogue;
    std::vector<Loaded> loaded;
    std::vector<Refused> refused;
    std::vector<Search> searches; // as listed to the caller

    void load(const std::filesystem::path& file, const Options& options,
              std::span<const PluginKind> kinds);
    [[nodiscard]] std::string absent_backend(std::string_view name) const;
    [[nodiscard]] std::string devices_that_work(std::string_view besides) const;
};

namespace {

template <class T>
const T& look_up(const plugin::Shelf<T>& shelf, PluginKind kind, std::string_view name) {
    if (const T* found = shelf.find(name)) return *found;
    const std::string near = base::nearest(name, shelf.names);
    const std::string there_is = shelf.names.empty()
                                     ? std::string("there is none")
                                     : fmt::format("there is {}", fmt::join(shelf.names, ", "));
    throw Error(Errc::unavailable,
                fmt::format("no {} '{}': {}", plugin::to_string(kind), name, there_is),
                near.empty() ? std::string{} : "did you mean " + near + "?");
}

// The scheme of a store URL; a bare path is for sqlite. A scheme has two characters at least.
std::string_view scheme_of(std::string_view url) {
    const std::size_t colon = url.find(':');
    if (colon == std::string_view::npos || colon < 2) return {};
    const std::string_view scheme = url.substr(0, colon);
    const bool word = std::ranges::all_of(
        scheme, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
    return word ? scheme : std::string_view{};
}

} // namespace

void Registry::Impl::load(const std::filesystem::path& file, const Options& options,
                          std::span<const PluginKind> kinds) {
    try {
        const plugin::Opened opened = plugin::open(file);
        if (!kinds.empty() && std::ranges::find(kinds, opened.kind) == kinds.end()) return;
        const PluginHost host{file.native(), options.cache_folder.native(), options.plugin_folders,
                              options.libraries};
        catalogue.add(plugin::make_contents(opened, host), file.native());
        loaded.push_back({opened.kind, opened.name, opened.version, file.native()});
    } catch (const std::exception& error) {
        refused.push_back({file.native(), error.what()});
    }
}

Registry::Registry(const Options& options, std::span<const PluginKind> kinds)
    : Registry(options, PluginContents{}, kinds) {}

Registry::Registry(const Options& options, PluginContents extra, std::span<const PluginKind> kinds)
    : impl_(std::make_unique<Impl>()) {
    plugin::Catalogue& catalogue = impl_->catalogue;
    for (const Operation* operation :
         {&gemm_operation(), &attention_operation(), &attention_backward_operation(),
          &grouped_gemm_operation()}) {
        catalogue.add(*operation);
    }
    catalogue.add(std::move(extra), "the caller");

    for (auto& [file, refusal] :
         plugin::find_candidates(impl_->own_folder, options.plugin_folders)) {
        if (refusal.empty()) {
            impl_->load(file, options, kinds);
        } else {
            impl_->refused.push_back(
                {file.native(), fmt::format("{}: {}", file.filename().native(), refusal)});
        }
    }
    for (const PluginContents::Search* search : catalogue.searches.items) {
        impl_->searches.push_back({search->name, search->summary});
    }
}

Registry::~Registry() = default;

std::span<const Registry::Loaded> Registry::loaded() const noexcept { return impl_->loaded; }
std::span<const Registry::Refused> Registry::refused() const noexcept { return impl_->refused; }
std::span<const Operation* const> Registry::operations() const noexcept {
    return impl_->catalogue.operations.items;
}
std::span<const Backend* const> Registry::backends() const noexcept {
    return impl_->catalogue.backends.items;
}
std::span<const KernelFamily* const> Registry::families() const noexcept {
    return impl_->catalogue.families.items;
}
std::span<const Registry::Search> Registry::searches() const noexcept { return impl_->searches; }
std::span<const StoreKind* const> Registry::stores() const noexcept {
    return impl_->catalogue.stores.items;
}

const Operation& Registry::operation(std::string_view name) const {
    return look_up(impl_->catalogue.operations, PluginKind::operation, name);
}
const Backend& Registry::backend(std::string_view name) const {
    if (const Backend* found = impl_->catalogue.backends.find(name)) return *found;
    throw Error(Errc::unavailable, impl_->absent_backend(name), impl_->devices_that_work(name));
}
const KernelFamily& Registry::family(std::string_view name) const {
    return look_up(impl_->catalogue.families, PluginKind::family, name);
}
std::unique_ptr<Strategy> Registry::make_search(std::string_view name) const {
    return look_up(impl_->catalogue.searches, PluginKind::search, name).make();
}

std::unique_ptr<Store> Registry::open_store(std::string_view url,
                                            std::function<void(std::string)> warn) const {
    const std::string_view scheme = scheme_of(url);
    if (!scheme.empty()) {
        return look_up(impl_->catalogue.stores, PluginKind::store, scheme)
            .open(url, std::move(warn));
    }
    return look_up(impl_->catalogue.stores, PluginKind::store, "sqlite")
        .open(fmt::format("sqlite:{}", url), std::move(warn));
}

// A refused plugin of that backend explains more than its absence.
std::string Registry::Impl::absent_backend(std::string_view name) const {
    const std::string file = fmt::format("hone_backend_{}.so", name);
    for (const Refused& plugin : refused) {
        if (std::filesystem::path(plugin.path).filename() == file)
            return fmt::format("no backend '{}': its plugin was refused: {}", name, plugin.reason);
    }
    return fmt::format("no backend '{}': there is no plugin {} in {} or the plugin path; there is "
                       "{}",
                       name, file, own_folder.native(),
                       catalogue.backends.names.empty()
                           ? std::string("none")
                           : fmt::format("{}", fmt::join(catalogue.backends.names, ", ")));
}

std::string Registry::Impl::devices_that_work(std::string_view besides) const {
    std::vector<std::string> work;
    for (std::size_t i = 0; i < catalogue.backends.items.size(); ++i) {
        if (catalogue.backends.names[i] == besides) continue;
        try {
            for (const Device& device : catalogue.backends.items[i]->devices(""))
                work.push_back(device.id);
        } catch (...) {
            // It is not the one asked for: what it lacks would not explain anything here.
        }
    }
    return work.empty() ? std::string{}
                        : fmt::format("devices that work: {}", fmt::join(work, ", "));
}

std::vector<Device> Registry::devices(std::string_view spec) const {
    std::vector<Device> found;
    if (spec == "all") {
        std::vector<std::string> missing;
        for (const Backend* each : impl_->catalogue.backends.items) {
            try {
                std::ranges::move(each->devices(""), std::back_inserter(found));
                std::ranges::move(each->missing(), std::back_inserter(missing));
            } catch (...) {
                // One broken backend must not hide the devices of the others.
                missing.push_back(plugin::thrown_text());
            }
        }
        if (!found.empty()) return found;
        throw Error(Errc::unavailable,
                    missing.empty()
                        ? fmt::format("no device: no backend plugin in {} or the plugin path",
                                      impl_->own_folder.native())
                        : fmt::format("no device: {}", fmt::join(missing, "; ")));
    }

    const std::size_t colon = spec.find(':');
    const std::string_view name = spec.substr(0, colon);
    const Backend& owner = backend(name);
    found = owner.devices(colon == std::string_view::npos ? std::string_view{}
                                                          : spec.substr(colon + 1));
    if (!found.empty()) return found;
    throw Error(Errc::unavailable,
                fmt::format("no {} device{}{}", name, owner.missing().empty() ? "" : ": ",
                            fmt::join(owner.missing(), "; ")),
                impl_->devices_that_work(name));
}

} // namespace hone
