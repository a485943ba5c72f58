#include "hone/plugin.hpp"

#include "search/portfolio/portfolio.hpp"

namespace {

hone::PluginContents contents(const hone::PluginHost&) {
    hone::PluginContents result;
    result.searches.push_back({"portfolio",
                               "a bandit over the other strategies, which share what was measured",
                               hone::search::make_portfolio});
    return result;
}

} // namespace

HONE_PLUGIN(search, "portfolio", HONE_VERSION, contents);
