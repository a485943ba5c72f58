#include "lib/op/lengths.hpp"

#include "hone/error.hpp"
#include "lib/op/fields.hpp"
#include "lib/op/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace hone {

namespace {

constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
constexpr double default_s = 1.1;

std::int64_t& slot_of(Problem& problem, int slot) {
    return problem.attributes.at(static_cast<std::size_t>(slot));
}
std::int64_t slot_of(const Problem& problem, int slot) {
    return problem.attributes.at(static_cast<std::size_t>(slot));
}

// Rank from 0 of the inverted distribution function; `u` in [0, 1).
std::int64_t zipf_rank(double u, std::int64_t ranks, double s) {
    const double top = static_cast<double>(ranks) + 1;
    const double power = 1 - s;
    const double x = std::abs(power) < 1e-9
                         ? std::pow(top, u)
                         : std::pow(1 + u * (std::pow(top, power) - 1), 1 / power);
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(x) - 1, 0, ranks - 1);
}

// Whole numbers, so that sums and quotients of them are exact.
std::vector<std::uint64_t> weights_of(const Lengths& lengths, std::int64_t groups) {
    constexpr double unit = 0x1p24;
    const RandomStream random(static_cast<std::uint64_t>(lengths.seed), 0);
    const auto count = static_cast<std::size_t>(groups);
    std::vector<std::uint64_t> weights(count, 1);
    if (lengths.kind == Lengths::Kind::uniform) {
        for (std::int64_t g = 0; g < groups; ++g) {
            weights[static_cast<std::size_t>(g)] =
                static_cast<std::uint64_t>(random.uniform(g) * unit);
        }
    } else if (lengths.kind == Lengths::Kind::zipf) {
        std::vector<std::int64_t> order(count);
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
            return random.bits(a) < random.bits(b);
        });
        for (std::size_t rank = 0; rank < count; ++rank) {
            const double share = std::pow(static_cast<double>(rank + 1), -lengths.s);
            weights[static_cast<std::size_t>(order[rank])] =
                static_cast<std::uint64_t>(std::nearbyint(share * unit));
        }
    }
    if (std::all_of(weights.begin(), weights.end(), [](auto weight) { return weight == 0; })) {
        weights.front() = 1;
    }
    return weights;
}

} // namespace

std::vector<Field> length_fields(const std::string& prefix, const LengthSlots& slots, bool bounds) {
    std::vector<Field> fields;
    fields.push_back(choice_field(prefix + ".distribution", slots.kind,
                                  {"fixed", "uniform", "zipf"}, "how sizes are drawn"));
    if (bounds) {
        fields.push_back(with_default(
            count_field(prefix + ".low", slots.low, longest, "smallest drawn size"), "1"));
        fields.push_back(count_field(prefix + ".high", slots.high, longest, "largest drawn size"));
    }
    fields.push_back(count_field(prefix + ".seed", slots.seed,
                                 std::numeric_limits<std::int64_t>::max(), "of the drawing"));
    fields.push_back(real_field(prefix + ".s", slots.s, "1.1", "exponent of zipf"));
    return fields;
}

Lengths lengths_from(const Problem& problem, const LengthSlots& slots, bool bounds) {
    Lengths lengths;
    const std::int64_t kind = slot_of(problem, slots.kind);
    if (kind < 0 || kind > static_cast<std::int64_t>(Lengths::Kind::zipf)) {
        throw Error(Errc::workload, fmt::format("no distribution has number {}", kind));
    }
    lengths.kind = static_cast<Lengths::Kind>(kind);
    if (bounds) {
        lengths.low = slot_of(problem, slots.low);
        lengths.high = slot_of(problem, slots.high);
    }
    lengths.seed = slot_of(problem, slots.seed);
    lengths.s = real_value(slot_of(problem, slots.s));
    return lengths;
}

void store_lengths(const Lengths& lengths, const LengthSlots& slots, bool bounds,
                   Problem& problem) {
    slot_of(problem, slots.kind) = static_cast<std::int64_t>(lengths.kind);
    if (bounds) {
        slot_of(problem, slots.low) = lengths.low;
        slot_of(problem, slots.high) = lengths.high;
    }
    slot_of(problem, slots.seed) = lengths.seed;
    slot_of(problem, slots.s) = real_bits(lengths.s);
}

void validate_lengths(const Lengths& lengths, const std::string& prefix, bool bounds) {
    const auto refuse = [&](const std::string& what, const std::string& hint) {
        throw Error(Errc::workload, prefix + what, hint);
    };
    const bool drawn = lengths.kind != Lengths::Kind::fixed;
    if (!drawn && lengths.seed != 0) {
        refuse(".seed is of drawn sizes, but " + prefix + ".distribution is fixed",
               "write " + prefix + ".distribution=uniform");
    }
    if (lengths.kind == Lengths::Kind::zipf) {
        if (!(lengths.s > 0) || !(lengths.s <= 16)) {
            refuse(fmt::format(".s must be above 0 and at most 16, got {}", lengths.s), {});
        }
    } else if (lengths.s != default_s) {
        refuse(".s is the exponent of zipf and means nothing with another distribution",
               "write " + prefix + ".distribution=zipf");
    }
    if (!bounds || !drawn) return;
    if (lengths.low < 1 || lengths.low > lengths.high || lengths.high > longest) {
        refuse(fmt::format(".low and {}.high must be 1 <= low <= high <= {}, got {} and {}", prefix,
                           longest, lengths.low, lengths.high),
               {});
    }
}

std::vector<std::int64_t> draw_lengths(const Lengths& lengths, std::int64_t count) {
    const RandomStream random(static_cast<std::uint64_t>(lengths.seed), 0);
    const std::int64_t range = lengths.high - lengths.low + 1;
    std::vector<std::int64_t> drawn(static_cast<std::size_t>(count), lengths.high);
    if (lengths.kind == Lengths::Kind::fixed) return drawn;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t rank = lengths.kind == Lengths::Kind::uniform
                                      ? below(random.bits(i), static_cast<std::uint32_t>(range))
                                      : zipf_rank(random.uniform(i), range, lengths.s);
        drawn[static_cast<std::size_t>(i)] = lengths.low + rank;
    }
    return drawn;
}

std::vector<std::int64_t> share_out(const Lengths& lengths, std::int64_t total,
                                    std::int64_t groups) {
    __extension__ typedef unsigned __int128 Wide;
    const std::vector<std::uint64_t> weights = weights_of(lengths, groups);
    const auto sum = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    std::vector<std::int64_t> sizes(weights.size());
    std::vector<std::pair<std::uint64_t, std::size_t>> rests; // largest first get one more
    std::int64_t left = total;
    for (std::size_t g = 0; g < weights.size(); ++g) {
        const Wide share = static_cast<Wide>(total) * weights[g];
        sizes[g] = static_cast<std::int64_t>(share / sum);
        rests.emplace_back(static_cast<std::uint64_t>(share % sum), g);
        left -= sizes[g];
    }
    std::stable_sort(rests.begin(), rests.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t i = 0; i < static_cast<std::size_t>(left); ++i) ++sizes[rests[i].second];
    return sizes;
}

std::vector<std::int64_t> offsets_of(std::span<const std::int64_t> lengths) {
    std::vector<std::int64_t> offsets(lengths.size() + 1, 0);
    std::partial_sum(lengths.begin(), lengths.end(), offsets.begin() + 1);
    return offsets;
}

} // namespace hone
