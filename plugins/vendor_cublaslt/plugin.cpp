#include "hone/plugin.hpp"

#include "family.hpp"
#include "hone/backend.hpp"
#include "hone/operation.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"

namespace {

hone::PluginContents make(const hone::PluginHost& host) {
    hone::PluginContents contents;
    contents.families.push_back(
        std::make_unique<hone::cublaslt::CublasltGemm>(host.libraries.cuda_cublaslt, host.library));
    return contents;
}

} // namespace

HONE_PLUGIN(family, "vendor_cublaslt", HONE_VERSION, make);
