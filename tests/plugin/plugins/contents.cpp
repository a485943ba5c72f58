// A plugin whose factory fails, or brings what it must not: BRINGS is the body of the factory.
#include "family.hpp"
#include "hone/error.hpp"
#include "hone/strategy.hpp"

#include <stdexcept>

namespace {

[[maybe_unused]] hone::PluginContents null_family() {
    hone::PluginContents contents;
    contents.families.push_back(nullptr);
    return contents;
}

[[maybe_unused]] hone::PluginContents search_without_maker() {
    hone::PluginContents contents;
    contents.searches.push_back({"makes_nothing", "", nullptr});
    return contents;
}

class Unnameable final : public TestFamily {
  public:
    Unnameable() : TestFamily("") {}
    std::string name() const override { throw std::runtime_error("no name today"); }
};

[[maybe_unused]] hone::PluginContents unnameable() {
    hone::PluginContents contents;
    contents.families.push_back(std::make_unique<Unnameable>());
    return contents;
}

hone::PluginContents make(const hone::PluginHost&) { BRINGS; }

} // namespace

#ifndef KIND
#define KIND family
#endif
HONE_PLUGIN(KIND, "contents", "3.1", make);
