// Operations, backends, families, searches and stores by name. Knows nothing of files.
#pragma once

#include "hone/backend.hpp"
#include "hone/family.hpp"
#include "hone/operation.hpp"
#include "hone/plugin.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hone::plugin {

// Things of one kind, in the order they came. Names are kept, so that a lookup calls no plugin.
template <class T> struct Shelf {
    std::vector<const T*> items;
    std::vector<std::string> names;

    [[nodiscard]] const T* find(std::string_view name) const noexcept {
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i] == name) return items[i];
        }
        return nullptr;
    }
};

// Filled first, then only read.
class Catalogue {
  public:
    // `origin` is who brings it, for messages. Adds all of the contents, or nothing and throws
    // Error(unavailable): when a name is taken (naming both origins), empty or unprintable, when
    // something is null, or with what a plugin's code threw when asked for its name.
    void add(PluginContents contents, const std::string& origin);
    // An operation that lives as long as the program.
    void add(const Operation& core);

    Shelf<Operation> operations;
    Shelf<Backend> backends;
    Shelf<KernelFamily> families;
    Shelf<PluginContents::Search> searches;
    Shelf<StoreKind> stores;

  private:
    std::map<std::pair<PluginKind, std::string>, std::string> origins_;
    std::deque<PluginContents> owned_;
};

} // namespace hone::plugin
