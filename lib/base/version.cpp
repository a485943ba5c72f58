#include "hone/version.hpp"

namespace hone {

const char* version() noexcept { return HONE_VERSION; }

} // namespace hone
