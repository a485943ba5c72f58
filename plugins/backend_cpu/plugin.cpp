#include "hone/plugin.hpp"

#include "backend.hpp"
#include "hone/backend.hpp"
#include "hone/family.hpp"
#include "hone/operation.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"

#include <filesystem>

namespace {

hone::PluginContents make(const hone::PluginHost& host) {
    // lib/hone/plugins/hone_backend_cpu.so; the LLVM parts are no plugins and lie in lib/hone.
    const std::filesystem::path plugins = std::filesystem::path(host.library).parent_path();
    hone::PluginContents contents;
    contents.backends.push_back(
        std::make_unique<hone::cpu::CpuBackend>(plugins.parent_path().string()));
    return contents;
}

} // namespace

HONE_PLUGIN(backend, "cpu", HONE_VERSION, make);
