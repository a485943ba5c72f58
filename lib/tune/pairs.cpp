#include "lib/tune/pairs.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>
#include <unordered_set>

namespace hone {

namespace {

// Random legal points looked at for each one that is taken.
constexpr int draws_per_choice = 50;
// Legal points looked at for the pairs there are.
constexpr std::uint64_t points_for_pairs = 50'000;

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

// Of many draws, which may give nothing, the first that has most pairs for which is_new(key) holds.
template <typename Draw, typename IsNew>
std::optional<ConfigIndex> newest(const SearchSpace& space, Draw&& draw, IsNew&& is_new) {
    std::optional<ConfigIndex> best;
    std::size_t best_gain = 0;
    Digits digits(space.parameters().size());
    for (int i = 0; i < draws_per_choice; ++i) {
        const std::optional<ConfigIndex> point = draw(i);
        if (!point) continue;
        space.digits(*point, digits);
        std::size_t gain = 0;
        for_each_pair(digits, [&](std::uint64_t key) { gain += is_new(key); });
        if (best && gain <= best_gain) continue;
        best = point;
        best_gain = gain;
    }
    return best;
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
        const auto draw = [&](int) {
            const auto point = space.sample(random);
            return point && taken.contains(*point) ? std::nullopt : point;
        };
        const auto best =
            newest(space, draw, [&](std::uint64_t key) { return !covered.contains(key); });
        if (!best) break; // nothing new found in many draws: as good as exhausted
        taken.insert(*best);
        space.digits(*best, digits);
        for_each_pair(digits, [&](std::uint64_t key) { covered.insert(key); });
    }
    chosen.assign(taken.begin(), taken.end());
    return chosen;
}

std::vector<ConfigIndex> covering_set(const SearchSpace& space, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Digits digits(space.parameters().size());
    std::map<std::uint64_t, ConfigIndex> missing; // pairs, each with a config that has it
    std::vector<ConfigIndex> points;
    if (const auto count = space.legal_count(); count && *count <= points_for_pairs) {
        for (std::uint64_t i = 0; i < *count; ++i) points.push_back(space.nth(i));
    } else {
        for (std::uint64_t i = 0; i < points_for_pairs; ++i)
            if (const auto point = space.sample(random)) points.push_back(*point);
    }
    for (const ConfigIndex point : points) {
        space.digits(point, digits);
        for_each_pair(digits, [&](std::uint64_t key) { missing.try_emplace(key, point); });
    }
    std::vector<ConfigIndex> chosen;
    if (digits.size() < 2 && !points.empty()) return points; // no pairs: every value
    while (!missing.empty()) {
        // One that is known to help, or a random one that helps more.
        const auto draw = [&](int i) -> std::optional<ConfigIndex> {
            return i == 0 ? missing.begin()->second : points[random() % points.size()];
        };
        const ConfigIndex best =
            newest(space, draw, [&](std::uint64_t key) { return missing.contains(key); }).value();
        chosen.push_back(best);
        space.digits(best, digits);
        for_each_pair(digits, [&](std::uint64_t key) { missing.erase(key); });
    }
    return chosen;
}

} // namespace hone
