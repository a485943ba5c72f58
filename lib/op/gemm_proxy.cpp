#include "lib/base/saturating.hpp"
#include "lib/op/gemm_operation.hpp"
#include "lib/op/proxy_extent.hpp"

#include <algorithm>

namespace hone {

Gemm gemm_proxy(const Gemm& gemm, std::span<const Tile> tiles) {
    Gemm proxy = gemm;
    const bool k_contiguous = !a_transposed(gemm.layout) || b_transposed(gemm.layout);
    proxy.m = proxy_extent(gemm.m, Gemm::m_dim, tiles, a_transposed(gemm.layout));
    proxy.n = proxy_extent(gemm.n, Gemm::n_dim, tiles, true);
    proxy.k = proxy_extent(gemm.k, Gemm::k_dim, tiles, k_contiguous);
    proxy.batch = std::min<std::int64_t>(gemm.batch, 2);
    // Rules of validate_gemm. Each rounds up to a divisor of the real extent, so never above it.
    const auto round_up = [](std::int64_t& extent, std::int64_t unit) {
        extent = ceil_divide(extent, unit) * unit;
    };
    if (gemm.n % 2 == 0) round_up(proxy.n, 2);
    if (gemm.k % 2 == 0) round_up(proxy.k, 2);
    if (gemm.group != 0) round_up(proxy.k, gemm.group);
    return proxy;
}

} // namespace hone
