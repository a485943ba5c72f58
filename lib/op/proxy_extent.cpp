#include "lib/op/proxy_extent.hpp"

#include "lib/base/saturating.hpp"

#include <algorithm>

namespace hone {

namespace {

// `unit` divides extent and the result.
std::int64_t covering(std::int64_t extent, const Tile& tile, std::int64_t unit) {
    const std::int64_t size = std::max<std::int64_t>(1, tile.extent);
    const std::int64_t tiles = tile.stages > 1 ? tile.stages + 1 : 2;
    const std::int64_t whole = ceil_divide(saturating_multiply(size, tiles), unit);
    if (whole >= extent / unit) return extent;
    const std::int64_t rest = size > unit ? std::max<std::int64_t>(1, size / (3 * unit)) : 0;
    return std::min(extent, (whole + rest) * unit);
}

} // namespace

std::int64_t proxy_extent(std::int64_t extent, int dim, std::span<const Tile> tiles,
                          bool contiguous) {
    const std::int64_t unit = contiguous ? std::min<std::int64_t>(16, extent & -extent) : 1;
    std::int64_t needed = covering(extent, {.dim = dim}, unit);
    for (const Tile& tile : tiles) {
        if (tile.dim == dim) needed = std::max(needed, covering(extent, tile, unit));
    }
    return needed;
}

} // namespace hone
