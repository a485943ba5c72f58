// Which machine of many tunes a problem, without a server.
#pragma once

#include "hone/tuner.hpp"

#include <string_view>

namespace hone {

// Rendezvous hashing (Thaler and Ravishankar, Using name-based mappings to increase hit rates,
// 1998): every key belongs to exactly one shard, and another count moves as few keys as possible.
[[nodiscard]] bool in_shard(std::string_view key, const Shard& shard);

} // namespace hone
