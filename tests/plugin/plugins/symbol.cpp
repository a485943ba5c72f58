// A library whose hone_plugin is something else than a PluginInfo, or is not there.
#include <cstdint>

extern "C" {
#if defined(SMALLER)
// The PluginInfo of another time: it states its size and has nothing beyond.
__attribute__((visibility("default"))) extern const std::uint32_t hone_plugin;
const std::uint32_t hone_plugin = SMALLER;
#elif defined(BYTE)
__attribute__((visibility("default"))) extern const char hone_plugin;
const char hone_plugin = 1;
#elif defined(FUNCTION)
__attribute__((visibility("default"))) void hone_plugin() {}
#elif defined(UNRESOLVED)
void this_symbol_is_nowhere();
__attribute__((visibility("default"))) void hone_plugin() { this_symbol_is_nowhere(); }
#else
__attribute__((visibility("default"))) int something_else() { return 1; }
#endif
}
