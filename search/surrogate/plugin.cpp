#include "hone/plugin.hpp"

#include "search/surrogate/surrogate.hpp"

namespace {

hone::PluginContents contents(const hone::PluginHost&) {
    hone::PluginContents result;
    result.searches.push_back(
        {"surrogate", "Gaussian process that predicts time and failures from what was measured",
         hone::search::make_surrogate});
    return result;
}

} // namespace

HONE_PLUGIN(search, "surrogate", HONE_VERSION, contents);
