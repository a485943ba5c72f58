#include "hone/plugin.hpp"

#include "backward.hpp"
#include "forward.hpp"
#include "hone/backend.hpp"
#include "hone/family.hpp"
#include "hone/operation.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"

namespace {

hone::PluginContents make(const hone::PluginHost&) {
    hone::PluginContents contents;
    contents.families.push_back(std::make_unique<hone::attention_mma::AttentionForward>());
    contents.families.push_back(std::make_unique<hone::attention_mma::AttentionBackward>());
    return contents;
}

} // namespace

HONE_PLUGIN(family, "attention_mma", HONE_VERSION, make);
