// Out of line, because the types a plugin brings are incomplete where PluginContents is defined.
#include "hone/backend.hpp"
#include "hone/family.hpp"
#include "hone/operation.hpp"
#include "hone/plugin.hpp"
#include "hone/store.hpp"
#include "hone/strategy.hpp"

namespace hone {

PluginContents::PluginContents() = default;
PluginContents::PluginContents(PluginContents&&) noexcept = default;
PluginContents& PluginContents::operator=(PluginContents&&) noexcept = default;
PluginContents::~PluginContents() = default;

} // namespace hone
