#include "hone/plugin.hpp"

#include "search/genetic/genetic.hpp"

namespace {

hone::PluginContents contents(const hone::PluginHost&) {
    hone::PluginContents result;
    result.searches.push_back(
        {"genetic", "steady-state genetic search: crossover and mutation of the best configs",
         hone::search::make_genetic});
    return result;
}

} // namespace

HONE_PLUGIN(search, "genetic", HONE_VERSION, contents);
