#include "lib/op/grouped_gemm_operation.hpp"
#include "lib/op/proxy_extent.hpp"

#include <algorithm>
#include <vector>

namespace hone {

GroupedGemm grouped_gemm_proxy(const GroupedGemm& gemm, std::span<const Tile> tiles) {
    std::vector<Tile> all(tiles.begin(), tiles.end());
    const ScaleBlocks blocks = scale_blocks(gemm);
    if (blocks.present()) { // two blocks, so that scales differ
        all.push_back({GroupedGemm::n_dim, blocks.b_rows, 1});
        all.push_back({GroupedGemm::k_dim, std::max(blocks.a_columns, blocks.b_columns), 1});
    }
    const bool k_contiguous = !a_transposed(gemm.layout) || b_transposed(gemm.layout);
    GroupedGemm proxy = gemm;
    proxy.groups = std::min<std::int64_t>(gemm.groups, 4); // with sizes apart, one may be empty
    proxy.m = proxy_extent(gemm.m, GroupedGemm::m_dim, all, a_transposed(gemm.layout));
    proxy.n = proxy_extent(gemm.n, GroupedGemm::n_dim, all, true);
    proxy.k = proxy_extent(gemm.k, GroupedGemm::k_dim, all, k_contiguous);
    return proxy;
}

} // namespace hone
