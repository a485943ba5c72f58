// Checking a config against a family's parameters outside of a space.
#pragma once

#include "hone/config.hpp"
#include "hone/space.hpp"

#include <span>
#include <string>
#include <vector>

namespace hone::cuda_family {

// Why the config is not a choice of values that keeps the rules; empty when it is. The rules are
// expressions.
[[nodiscard]] std::string objection(std::span<const Parameter> parameters,
                                    const std::vector<Constraint>& rules, const Config& config);

// "NAME <= n or NAME == generic" where n is the smallest listed value that covers the extent:
// larger tiles would only compute padding.
[[nodiscard]] Constraint covers(const Parameter& parameter, std::int64_t extent,
                                std::int64_t generic);

// Those that are legal in the space, in order.
[[nodiscard]] std::vector<Config> legal_ones(const SearchSpace& space, std::vector<Config> configs);

[[nodiscard]] std::vector<Value> integers(std::initializer_list<std::int64_t> values);

} // namespace hone::cuda_family
