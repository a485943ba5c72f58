// What models of a search are told of a kernel, besides its parameters.
#pragma once

#include "cuda_family/host/target.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace hone::cuda_family {

using Features = std::vector<std::pair<std::string, double>>;

// What a block takes, and how many there are in all.
struct Occupancy {
    std::int64_t threads, registers_each, shared_bytes, blocks;
};

// shared_bytes, registers, threads, resident_warps, waves, wave_efficiency.
[[nodiscard]] Features occupancy_features(const Target& target, const Occupancy& occupancy);
// At least 1: what does not fit is not launched.
[[nodiscard]] std::int64_t resident_blocks(const Target& target, const Occupancy& occupancy);

// Tiles of `tile` that cover an extent.
[[nodiscard]] constexpr std::int64_t tiles(std::int64_t extent, std::int64_t tile) {
    return (extent + tile - 1) / tile;
}
// Elements that tiles of bm x bn compute for each one of m x n.
[[nodiscard]] double waste(std::int64_t m, std::int64_t bm, std::int64_t n, std::int64_t bn);

} // namespace hone::cuda_family
