#include "lib/space/group.hpp"

#include <algorithm>
#include <utility>

namespace hone::space {

namespace {

// Values tried per assignment kept: bounds the time of a level whose constraints refuse nearly all.
constexpr double tries_per_share = 16;
// Draws before sample() gives up; with one legal draw in a hundred thousand it finds one all but
// once in thirty thousand times.
constexpr int most_draws = 1 << 20;

} // namespace

Group::Group(const Radix& radix, GroupPlan plan, Checks& checks, std::uint64_t widest)
    : constraints_(std::move(plan.constraints)), shares_{0} {
    for (const Level& level : plan.levels) parameters_.push_back(level.parameter);
    std::sort(parameters_.begin(), parameters_.end());

    auto level = plan.levels.begin();
    while (level != plan.levels.end() && extend(radix, *level, checks, widest)) ++level;
    rest_.assign(std::make_move_iterator(level), std::make_move_iterator(plan.levels.end()));
    std::sort(shares_.begin(), shares_.end());
}

// Replaces shares_ by their legal extensions. False, and shares_ as before, when those are too
// many.
bool Group::extend(const Radix& radix, const Level& level, Checks& checks, std::uint64_t widest) {
    const double tries =
        static_cast<double>(shares_.size()) * static_cast<double>(level.digits.size());
    if (tries > tries_per_share * static_cast<double>(widest)) return false;
    const std::uint64_t stride = radix.stride(level.parameter);
    std::vector<std::uint64_t> extended;
    std::vector<std::uint32_t> digits(radix.parameters());
    for (const std::uint64_t share : shares_) {
        radix.digits(share, digits);
        for (const std::uint32_t digit : level.digits) {
            digits[level.parameter] = digit;
            if (!checks.all_hold(level.constraints, digits)) continue;
            if (extended.size() == widest) return false;
            extended.push_back(share + digit * stride);
        }
    }
    shares_ = std::move(extended);
    return true;
}

std::uint64_t Group::share(const Radix& radix, std::span<const std::uint32_t> digits) const {
    std::uint64_t share = 0;
    for (const std::size_t parameter : parameters_)
        share += digits[parameter] * radix.stride(parameter);
    return share;
}

bool Group::legal(std::uint64_t share, std::span<const std::uint32_t> digits,
                  Checks* checks) const {
    if (listed()) return std::binary_search(shares_.begin(), shares_.end(), share);
    return checks->all_hold(constraints_, digits);
}

std::optional<std::uint64_t> Group::sample(const Radix& radix, std::mt19937_64& random,
                                           Checks* checks) const {
    if (shares_.empty()) return std::nullopt;
    std::uniform_int_distribution<std::size_t> pick(0, shares_.size() - 1);
    if (listed()) return shares_[pick(random)];

    // Every completion of every known prefix is equally likely to be drawn, so those that are legal
    // are, too. A draw ends at the first constraint it breaks.
    std::vector<std::uint32_t> digits(radix.parameters());
    for (int draw = 0; draw < most_draws; ++draw) {
        std::uint64_t share = shares_[pick(random)];
        radix.digits(share, digits);
        const auto complete = [&](const Level& level) {
            if (level.digits.empty()) return false;
            std::uniform_int_distribution<std::size_t> choose(0, level.digits.size() - 1);
            const std::uint32_t digit = level.digits[choose(random)];
            digits[level.parameter] = digit;
            share += digit * radix.stride(level.parameter);
            return checks->all_hold(level.constraints, digits);
        };
        if (std::all_of(rest_.begin(), rest_.end(), complete)) return share;
    }
    return std::nullopt;
}

} // namespace hone::space
