#include "hone/plugin.hpp"

#include "hone/backend.hpp"
#include "hone/operation.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"
#include "onednn.hpp"

namespace {

hone::PluginContents make(const hone::PluginHost& host) {
    using namespace hone::vendor;
    hone::PluginContents contents;
    contents.families.push_back(std::make_unique<VendorGemm>(onednn_library(), host.library));
    return contents;
}

} // namespace

HONE_PLUGIN(family, "vendor_onednn", HONE_VERSION, make);
