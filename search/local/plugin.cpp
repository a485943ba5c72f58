#include "hone/plugin.hpp"

#include "search/local/local.hpp"

namespace {

hone::PluginContents contents(const hone::PluginHost&) {
    hone::PluginContents result;
    result.searches.push_back({"local",
                               "iterated local search: descents from perturbations of the best",
                               hone::search::make_local});
    return result;
}

} // namespace

HONE_PLUGIN(search, "local", HONE_VERSION, contents);
