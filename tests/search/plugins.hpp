// Every search plugin of this build, loaded as a host loads it.
#pragma once

#include "hone/registry.hpp"

#include <array>
#include <memory>
#include <string_view>

namespace hone::test {

// Plugins stay loaded until exit anyway, so all tests share one registry.
inline const Registry& search_plugins() {
    static constexpr std::array kinds = {PluginKind::search};
    static const Registry registry(Options{}, kinds);
    return registry;
}

inline std::unique_ptr<Strategy> make_search(std::string_view name) {
    return search_plugins().make_search(name);
}

// False for a strategy whose library this build did without.
inline bool is_there(std::string_view name) {
    for (const auto& search : search_plugins().searches())
        if (search.name == name) return true;
    return false;
}

} // namespace hone::test
