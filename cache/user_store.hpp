// Where a user's facts are kept when no store is named.
#pragma once

#include "hone/options.hpp"

#include <string>

namespace hone::cache {

// URL of the user store; empty when no folder can be used.
[[nodiscard]] std::string user_store_url(const Options& options);

} // namespace hone::cache
