#include "lib/op/attention_operation.hpp"
#include "lib/op/proxy_extent.hpp"

#include <algorithm>
#include <vector>

namespace hone {

Attention attention_proxy(const Attention& attention, std::span<const Tile> tiles) {
    std::vector<Tile> all(tiles.begin(), tiles.end());
    // Two whole pages and the beginning of a third.
    if (attention.page_size > 0) all.push_back({Attention::kv_len_dim, attention.page_size, 1});

    Attention proxy = attention;
    proxy.batch = std::min<std::int64_t>(attention.batch, 2);
    proxy.kv_heads = std::min<std::int64_t>(attention.kv_heads, 2);
    proxy.heads = proxy.kv_heads * (attention.heads / attention.kv_heads);
    proxy.kv_len = proxy_extent(attention.kv_len, Attention::kv_len_dim, all, false);
    proxy.q_len = proxy_extent(attention.q_len, Attention::q_len_dim, all, false);
    // Whether there are more keys than queries decides what causal masks leave.
    if (attention.q_len == attention.kv_len) {
        proxy.q_len = proxy.kv_len = std::max(proxy.q_len, proxy.kv_len);
    } else if (attention.q_len < attention.kv_len) {
        proxy.kv_len = std::max(proxy.kv_len, proxy.q_len);
    }
    // A window must go on hiding keys, and showing some.
    if (attention.window > 0 && attention.window < attention.kv_len) {
        proxy.window = std::min(attention.window, std::max<std::int64_t>(1, proxy.kv_len / 2));
    }
    proxy.lengths.high = proxy.kv_len;
    proxy.lengths.low =
        std::min(attention.lengths.low, std::max<std::int64_t>(1, proxy.kv_len / 2));
    return proxy;
}

} // namespace hone
