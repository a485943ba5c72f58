#include "hone/plugin.hpp"

#include "blis.hpp"
#include "hone/backend.hpp"
#include "hone/operation.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"
#include "openblas.hpp"

namespace {

hone::PluginContents make(const hone::PluginHost& host) {
    using namespace hone::vendor;
    hone::PluginContents contents;
    for (const GemmLibrary& library : {openblas_library(), blis_library()})
        contents.families.push_back(std::make_unique<VendorGemm>(library, host.library));
    return contents;
}

} // namespace

HONE_PLUGIN(family, "vendor_blas", HONE_VERSION, make);
