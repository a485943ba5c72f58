#include "tests/paths.hpp"

namespace hone::test {

const char* source_dir() noexcept { return HONE_SOURCE_DIR; }
const char* binary_dir() noexcept { return HONE_BINARY_DIR; }
const char* plugin_dir() noexcept { return HONE_PLUGIN_DIR; }
const char* fake_plugin_dir() noexcept { return HONE_FAKE_PLUGIN_DIR; }
const char* tool() noexcept { return HONE_BIN; }

} // namespace hone::test
