#include "cuda_family/host/choice.hpp"

#include <algorithm>

namespace hone::cuda_family {

std::string objection(std::span<const Parameter> parameters, const std::vector<Constraint>& rules,
                      const Config& config) {
    for (const Parameter& parameter : parameters) {
        if (!config.contains(parameter.name)) return "it has no " + parameter.name;
        const Value& value = config.at(parameter.name);
        if (std::find(parameter.values.begin(), parameter.values.end(), value) ==
            parameter.values.end())
            return parameter.name + "=" + to_string(value) + " is not listed";
    }
    // One point is asked for, so nothing need be listed.
    const SearchSpace space({parameters.begin(), parameters.end()}, rules, {.listed_nodes = 1});
    return space.broken_constraint(space.find(config).value());
}

Constraint covers(const Parameter& parameter, std::int64_t extent, std::int64_t generic) {
    std::int64_t most = 0;
    for (const Value& value : parameter.values) {
        most = std::get<std::int64_t>(value);
        if (most >= extent) break;
    }
    return Constraint::expression(parameter.name + " <= " + std::to_string(most) + " or " +
                                  parameter.name + " == " + std::to_string(generic));
}

std::vector<Config> legal_ones(const SearchSpace& space, std::vector<Config> configs) {
    std::erase_if(configs, [&](const Config& config) {
        const auto index = space.find(config);
        return !index || !space.legal(*index);
    });
    return configs;
}

std::vector<Value> integers(std::initializer_list<std::int64_t> values) {
    return {values.begin(), values.end()};
}

} // namespace hone::cuda_family
