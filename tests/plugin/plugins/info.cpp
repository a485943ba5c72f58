// A plugin whose PluginInfo is wrong in the one member that the build defines otherwise.
#include "hone/plugin.hpp"

#include <cstdlib>

#ifndef ABI
#define ABI hone::plugin_abi
#endif
#ifndef TOOLCHAIN
#define TOOLCHAIN hone::plugin_toolchain
#endif
#ifndef KIND
#define KIND 3
#endif
#ifndef NAME
#define NAME "info"
#endif
#ifndef VERSION
#define VERSION "1"
#endif
#ifndef FACTORY
#define FACTORY make
#endif

namespace {
// None of these is ever to be called.
[[maybe_unused]] hone::PluginContents make(const hone::PluginHost&) { std::abort(); }
} // namespace

extern "C" __attribute__((visibility("default"))) const hone::PluginInfo hone_plugin;
extern "C" const hone::PluginInfo hone_plugin = {sizeof(hone::PluginInfo),
                                                 ABI,
                                                 TOOLCHAIN,
                                                 static_cast<hone::PluginKind>(KIND),
                                                 NAME,
                                                 VERSION,
                                                 FACTORY};
