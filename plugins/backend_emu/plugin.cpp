#include "hone/plugin.hpp"

#include "backend.hpp"
#include "hone/backend.hpp"
#include "hone/family.hpp"
#include "hone/operation.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"

namespace {

hone::PluginContents make(const hone::PluginHost& host) {
    hone::PluginContents contents;
    contents.backends.push_back(std::make_unique<hone::emu::EmuBackend>(host.libraries));
    return contents;
}

} // namespace

HONE_PLUGIN(backend, "emu", HONE_VERSION, make);
