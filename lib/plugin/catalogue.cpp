#include "lib/plugin/catalogue.hpp"

#include "hone/error.hpp"
#include "lib/plugin/load.hpp"
#include "lib/plugin/thrown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace hone::plugin {
namespace {

// Names stand in facts, URLs and on command lines.
void check_name(PluginKind kind, const std::string& name) {
    const bool good = !name.empty() && name.size() < 128 && std::ranges::all_of(name, [](char c) {
        return c > ' ' && c < 0x7f && c != '=' && c != ':';
    });
    if (good) return;
    throw Error(Errc::unavailable,
                fmt::format("its {} has the name \"{}\", which is empty or has characters that "
                            "names may not have",
                            to_string(kind), name));
}

// Shelves of one plugin's contents, still outside the catalogue.
struct Shelves {
    Shelf<Operation> operations;
    Shelf<Backend> backends;
    Shelf<KernelFamily> families;
    Shelf<PluginContents::Search> searches;
    Shelf<StoreKind> stores;
};

template <class T, class NameOf>
void place(Shelf<T>& shelf, PluginKind kind, const T* item, NameOf name_of) {
    if (!item) throw Error(Errc::unavailable, fmt::format("brings a null {}", to_string(kind)));
    std::string name = name_of(*item);
    check_name(kind, name);
    shelf.items.push_back(item);
    shelf.names.push_back(std::move(name));
}

Shelves shelve(const PluginContents& contents) {
    Shelves shelves;
    const auto by_name = [](const auto& item) { return item.name(); };
    for (const auto& item : contents.operations)
        place(shelves.operations, PluginKind::operation, item.get(), by_name);
    for (const auto& item : contents.backends)
        place(shelves.backends, PluginKind::backend, item.get(), by_name);
    for (const auto& item : contents.families)
        place(shelves.families, PluginKind::family, item.get(), by_name);
    for (const auto& item : contents.stores) {
        place(shelves.stores, PluginKind::store, item.get(),
              [](const StoreKind& kind) { return kind.scheme(); });
    }
    for (const auto& item : contents.searches) {
        place(shelves.searches, PluginKind::search, item.make ? &item : nullptr,
              [](const PluginContents::Search& search) { return search.name; });
    }
    return shelves;
}

template <class Visit> void visit_names(const Shelves& shelves, Visit visit) {
    for (const auto& name : shelves.operations.names) visit(PluginKind::operation, name);
    for (const auto& name : shelves.backends.names) visit(PluginKind::backend, name);
    for (const auto& name : shelves.families.names) visit(PluginKind::family, name);
    for (const auto& name : shelves.searches.names) visit(PluginKind::search, name);
    for (const auto& name : shelves.stores.names) visit(PluginKind::store, name);
}

template <class T> void append(Shelf<T>& to, Shelf<T> from) {
    to.items.insert(to.items.end(), from.items.begin(), from.items.end());
    std::ranges::move(from.names, std::back_inserter(to.names));
}

} // namespace

void Catalogue::add(PluginContents contents, const std::string& origin) {
    Shelves shelves;
    try {
        shelves = shelve(contents);
    } catch (const Error&) {
        throw;
    } catch (...) {
        throw Error(Errc::unavailable, "threw " + thrown_text() + " when asked for its name");
    }

    std::map<std::pair<PluginKind, std::string>, std::string> added;
    visit_names(shelves, [&](PluginKind kind, const std::string& name) {
        const auto taken = origins_.find({kind, name});
        const bool twice = !added.emplace(std::pair{kind, name}, origin).second;
        if (taken == origins_.end() && !twice) return;
        throw Error(Errc::unavailable,
                    fmt::format("{} '{}' of {} was already brought by {}", to_string(kind), name,
                                origin, twice ? origin : taken->second));
    });

    origins_.merge(added);
    append(operations, std::move(shelves.operations));
    append(backends, std::move(shelves.backends));
    append(families, std::move(shelves.families));
    append(searches, std::move(shelves.searches));
    append(stores, std::move(shelves.stores));
    // Searches lie inside their vector, which moving does not move.
    owned_.push_back(std::move(contents));
}

void Catalogue::add(const Operation& core) {
    origins_.emplace(std::pair{PluginKind::operation, core.name()}, "hone");
    operations.items.push_back(&core);
    operations.names.push_back(core.name());
}

} // namespace hone::plugin
