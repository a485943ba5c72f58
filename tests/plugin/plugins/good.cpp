// A plugin in order; FAMILY is the name of what it brings.
#include "family.hpp"

namespace {
hone::PluginContents make(const hone::PluginHost&) { return family_named(FAMILY); }
} // namespace

HONE_PLUGIN(family, "good", "1.2.3", make);
