#include "lib/tune/shard.hpp"

#include <xxhash.h>

namespace hone {

bool in_shard(std::string_view key, const Shard& shard) {
    if (shard.count <= 1) return true;
    int winner = 0;
    XXH64_hash_t best = 0;
    for (int i = 0; i < shard.count; ++i) {
        const XXH64_hash_t score = XXH64(key.data(), key.size(), static_cast<XXH64_hash_t>(i) + 1);
        if (i > 0 && score <= best) continue;
        best = score;
        winner = i;
    }
    return winner == shard.index;
}

} // namespace hone
