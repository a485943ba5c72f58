// The cache of compiled binaries, of this machine and user.
#pragma once

#include "hone/options.hpp"

#include <cstdint>

namespace hone {

// Removes binaries, those used longest ago first, where they take more than `most_bytes`. Returns
// how many bytes are left.
std::uint64_t trim_binaries(const Options& options, std::uint64_t most_bytes);

} // namespace hone
