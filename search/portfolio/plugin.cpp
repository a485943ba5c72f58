#include "hone/plugin.hpp"

#include "search/portfolio/portfolio.hpp"

namespace {

#ifdef HONE_SEARCH_SURROGATE
constexpr const char* summary = "a bandit over the other strategies, which share what was measured";
#else
constexpr const char* summary =
    "a bandit over the other strategies, which share what was measured; "
    "without the surrogate, which needs Eigen at build time";
#endif

hone::PluginContents contents(const hone::PluginHost&) {
    hone::PluginContents result;
    result.searches.push_back({"portfolio", summary, hone::search::make_portfolio});
    return result;
}

} // namespace

HONE_PLUGIN(search, "portfolio", HONE_VERSION, contents);
