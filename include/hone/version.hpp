#pragma once

#define HONE_VERSION_MAJOR 0
#define HONE_VERSION_MINOR 1
#define HONE_VERSION_PATCH 0

namespace hone {
// "0.1.0", of the loaded library.
[[nodiscard]] const char* version() noexcept;
} // namespace hone
