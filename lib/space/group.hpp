// The legal assignments of parameters that constraints connect.
#pragma once

#include "lib/space/assignment_order.hpp"
#include "lib/space/checks.hpp"
#include "lib/space/radix.hpp"

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace hone::space {

// An assignment of the group is kept as its share of the raw index: the sum of digit * stride over
// the group's parameters. A point is the sum of its groups' shares, and within a group shares are
// ordered as raw points are.
class Group final {
  public:
    // Walks the tree of legal partial assignments level by level, with at most `widest` of them on
    // a level.
    Group(const Radix& radix, GroupPlan plan, Checks& checks, std::uint64_t widest);

    [[nodiscard]] std::span<const std::size_t> parameters() const noexcept { return parameters_; }
    // True when every legal assignment is known.
    [[nodiscard]] bool listed() const noexcept { return rest_.empty(); }
    // Legal shares in increasing order; only of a listed group.
    [[nodiscard]] std::span<const std::uint64_t> shares() const noexcept { return shares_; }
    [[nodiscard]] bool empty() const noexcept { return shares_.empty(); }

    [[nodiscard]] std::uint64_t share(const Radix& radix,
                                      std::span<const std::uint32_t> digits) const;
    // `checks` is used by a group that is not listed only.
    [[nodiscard]] bool legal(std::uint64_t share, std::span<const std::uint32_t> digits,
                             Checks* checks) const;
    // A share drawn uniformly. Nothing when there is none, or none was found.
    [[nodiscard]] std::optional<std::uint64_t> sample(const Radix& radix, std::mt19937_64& random,
                                                      Checks* checks) const;

  private:
    bool extend(const Radix& radix, const Level& level, Checks& checks, std::uint64_t widest);

    std::vector<std::size_t> parameters_; // in increasing order
    std::vector<std::size_t> constraints_;
    std::vector<std::uint64_t> shares_; // of the assignments on the last level that was walked
    std::vector<Level> rest_;           // the levels after it
};

} // namespace hone::space
