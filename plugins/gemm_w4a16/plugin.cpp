#include "hone/plugin.hpp"

#include "family.hpp"
#include "hone/backend.hpp"
#include "hone/family.hpp"
#include "hone/operation.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"

namespace {

hone::PluginContents make(const hone::PluginHost&) {
    hone::PluginContents contents;
    contents.families.push_back(std::make_unique<hone::gemm_w4a16::GemmW4A16>());
    return contents;
}

} // namespace

HONE_PLUGIN(family, "gemm_w4a16", HONE_VERSION, make);
