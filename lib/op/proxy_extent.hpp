// The extents of small problems that stand for large ones.
#pragma once

#include "hone/operation.hpp"

#include <span>

namespace hone {

// The extent of dim `dim` in a proxy: two tiles (with a pipeline, enough to wrap it: stages + 1)
// and about a third of one, or `extent` itself when that is smaller. A dim that no tile names
// counts as tiled by one element. contiguous: elements along the dim are neighbours in memory, so
// the power of two (up to 16) that divides `extent` divides the proxy's, too, and whatever vector
// width was possible stays possible; tiles no larger than that leave no ragged rest then.
[[nodiscard]] std::int64_t proxy_extent(std::int64_t extent, int dim, std::span<const Tile> tiles,
                                        bool contiguous);

} // namespace hone
