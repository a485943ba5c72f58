#include "hone/plugin.hpp"

#include "search/annealing/annealing.hpp"

namespace {

hone::PluginContents contents(const hone::PluginHost&) {
    hone::PluginContents result;
    result.searches.push_back(
        {"annealing", "simulated annealing over neighbouring configs, reheated from the best",
         hone::search::make_annealing});
    return result;
}

} // namespace

HONE_PLUGIN(search, "annealing", HONE_VERSION, contents);
