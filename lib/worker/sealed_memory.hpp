// Memory shared between processes by a file that nobody can resize.
#pragma once

#include "lib/worker/descriptor.hpp"

#include <cstddef>

namespace hone {

// Zero-filled; closed on exec. An empty Descriptor and errno when there is no memory.
[[nodiscard]] Descriptor sealed_memory(const char* name, std::size_t size) noexcept;
// Whether `file` is one with at least `size` bytes, so that reading its mapping cannot fault.
[[nodiscard]] bool is_sealed(int file, std::size_t size) noexcept;

} // namespace hone
