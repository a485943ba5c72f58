#include "hone/plugin.hpp"

#include "backend.hpp"
#include "hone/backend.hpp"
#include "hone/environment.hpp"
#include "hone/family.hpp"
#include "hone/operation.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"

namespace {

hone::PluginContents make(const hone::PluginHost&) {
    hone::PluginContents contents;
    contents.backends.push_back(std::make_unique<hone::cuda::CudaBackend>(hone::cuda::LibraryPaths{
        hone::named_library("cuda.driver"), hone::named_library("cuda.nvrtc"),
        hone::named_library("cuda.nvml"), hone::python_prefix()}));
    return contents;
}

} // namespace

HONE_PLUGIN(backend, "cuda", HONE_VERSION, make);
