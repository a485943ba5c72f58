#include "lib/tune/pairs.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <tuple>
#include <unordered_set>

namespace hone {

namespace {

// Random legal points looked at for each one that is taken.
constexpr int draws_per_choice = 50;

using Digits = std::vector<std::uint32_t>;
// Parameters p < q and their digits, packed; a space has far fewer than 2^16 of each.
std::uint64_t pair_key(std::size_t p, std::uint32_t dp, std::size_t q, std::uint32_t dq) {
    return (static_cast<std::uint64_t>(p) << 48) | (static_cast<std::uint64_t>(dp) << 32) |
           (static_cast<std::uint64_t>(q) << 16) | dq;
}

template <typename Function> void for_each_pair(const Digits& digits, Function&& visit) {
    for (std::size_t p = 0; p < digits.size(); ++p)
        for (std::size_t q = p + 1; q < digits.size(); ++q)
            visit(pair_key(p, digits[p], q, digits[q]));
}

} // namespace

std::vector<ConfigIndex> covering_sample(const SearchSpace& space, std::int64_t count,
                                         std::uint64_t seed) {
    std::vector<ConfigIndex> chosen;
    if (space.empty() || count <= 0) return chosen;
    if (const auto legal = space.legal_count();
        legal && *legal <= static_cast<std::uint64_t>(count)) {
        for (std::uint64_t i = 0; i < *legal; ++i) chosen.push_back(space.nth(i));
        return chosen;
    }
    std::mt19937_64 random(seed);
    std::unordered_set<std::uint64_t> covered;
    std::set<ConfigIndex> taken;
    Digits digits(space.parameters().size());
    while (static_cast<std::int64_t>(taken.size()) < count) {
        std::optional<ConfigIndex> best;
        std::size_t best_gain = 0;
        for (int draw = 0; draw < draws_per_choice; ++draw) {
            const auto point = space.sample(random);
            if (!point || taken.contains(*point)) continue;
            space.digits(*point, digits);
            std::size_t gain = 0;
            for_each_pair(digits, [&](std::uint64_t key) { gain += !covered.contains(key); });
            if (best && gain <= best_gain) continue;
            best = point;
            best_gain = gain;
        }
        if (!best) break; // nothing new found in many draws: as good as exhausted
        taken.insert(*best);
        space.digits(*best, digits);
        for_each_pair(digits, [&](std::uint64_t key) { covered.insert(key); });
    }
    chosen.assign(taken.begin(), taken.end());
    return chosen;
}

} // namespace hone
