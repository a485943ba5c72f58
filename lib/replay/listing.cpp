#include "lib/replay/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <type_traits>
#include <unordered_set>
#include <utility>

namespace hone::replay {

namespace {

double as_real(const Value& value) {
    const auto* integer = std::get_if<std::int64_t>(&value);
    return integer ? static_cast<double>(*integer) : std::get<double>(value);
}

// The values in their order, and in `rank` the place of each by its number.
Parameter parameter_of(const std::string& name, const std::map<Value, std::uint32_t>& numbers,
                       std::vector<std::uint32_t>& rank) {
    const auto any = [&](const auto& kind) {
        return std::any_of(numbers.begin(), numbers.end(), [&](const auto& entry) {
            return std::holds_alternative<std::decay_t<decltype(kind)>>(entry.first);
        });
    };
    const bool texts = any(std::string()), reals = any(0.0);
    std::vector<std::pair<Value, std::uint32_t>> order;
    for (const auto& [value, number] : numbers) {
        // All values of a parameter are of one type, the widest.
        if (texts && !std::holds_alternative<std::string>(value))
            order.emplace_back("_" + hone::to_string(value), number);
        else if (reals && !texts)
            order.emplace_back(as_real(value), number);
        else
            order.emplace_back(value, number);
    }
    std::sort(order.begin(), order.end());
    Parameter parameter{.name = name, .values = {}, .ordinal = !texts};
    rank.resize(order.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) {
        parameter.values.push_back(order[i].first);
        rank[order[i].second] = i;
    }
    return parameter;
}

// Whether the first parameters have values that some listed point has.
class ListedPrefix final {
  public:
    ListedPrefix(std::span<const Parameter> parameters, std::span<const std::uint32_t> digits,
                 std::size_t width)
        : parameters_(parameters.begin(), parameters.begin() + static_cast<std::ptrdiff_t>(width)) {
        for (std::size_t begin = 0; begin < digits.size(); begin += parameters.size()) {
            std::uint64_t key = 0;
            for (std::size_t p = 0; p < width; ++p)
                key = key * parameters[p].values.size() + digits[begin + p];
            keys_.insert(key);
        }
    }

    // As Constraint::Predicate: integers are passed as they are, other values by their place.
    bool operator()(std::span<const std::int64_t> values) const {
        std::uint64_t key = 0;
        for (std::size_t p = 0; p < parameters_.size(); ++p) {
            const std::vector<Value>& all = parameters_[p].values;
            auto digit = static_cast<std::uint64_t>(values[p]);
            if (std::holds_alternative<std::int64_t>(all.front()))
                digit = static_cast<std::uint64_t>(
                    std::lower_bound(all.begin(), all.end(), Value(values[p])) - all.begin());
            key = key * all.size() + digit;
        }
        return keys_.contains(key);
    }

  private:
    std::vector<Parameter> parameters_;
    std::unordered_set<std::uint64_t> keys_;
};

// One constraint for each prefix of the parameters, so that setting the space up takes time by the
// points listed and not by the raw ones.
SearchSpace listed_space(std::vector<Parameter> parameters, std::span<const std::uint32_t> digits) {
    std::vector<Constraint> constraints;
    std::vector<std::string> names;
    if (!parameters.empty()) names.push_back(parameters.front().name);
    for (std::size_t width = 2; width <= parameters.size(); ++width) {
        names.push_back(parameters[width - 1].name);
        const auto prefix = std::make_shared<const ListedPrefix>(parameters, digits, width);
        constraints.push_back(Constraint::predicate(
            names, [prefix](std::span<const std::int64_t> values) { return (*prefix)(values); },
            "the configuration is among those recorded"));
    }
    return {std::move(parameters), std::move(constraints)};
}

} // namespace

Listing::Listing(std::vector<std::string> names)
    : names_(std::move(names)), numbers_(names_.size()) {}

void Listing::add(const std::vector<Value>& values, const RecordedTrial& trial) {
    for (std::size_t p = 0; p < names_.size(); ++p) {
        const auto next = static_cast<std::uint32_t>(numbers_[p].size());
        digits_.push_back(numbers_[p].try_emplace(values[p], next).first->second);
    }
    trials_.push_back(trial);
}

void Listing::fill(RecordedSpace& recorded) const {
    std::vector<Parameter> parameters;
    std::vector<std::vector<std::uint32_t>> rank(names_.size()); // [parameter][number]
    for (std::size_t p = 0; p < names_.size(); ++p)
        parameters.push_back(parameter_of(names_[p], numbers_[p], rank[p]));
    std::vector<std::uint32_t> digits(digits_.size());
    for (std::size_t i = 0; i < digits.size(); ++i) digits[i] = rank[i % names_.size()][digits_[i]];
    recorded.space = listed_space(std::move(parameters), digits);

    std::vector<std::pair<ConfigIndex, std::size_t>> order;
    for (std::size_t t = 0; t < trials_.size(); ++t)
        order.emplace_back(
            recorded.space.index(std::span(digits).subspan(t * names_.size(), names_.size())), t);
    std::sort(order.begin(), order.end());
    for (const auto& [point, t] : order) {
        if (!recorded.points.empty() && recorded.points.back() == point) continue;
        recorded.points.push_back(point);
        recorded.trials.push_back(trials_[t]);
    }
    if (recorded.points.size() < trials_.size())
        recorded.warnings.push_back(fmt::format("{}: {} configurations are listed more than once; "
                                                "the first counts",
                                                recorded.name,
                                                trials_.size() - recorded.points.size()));
}

} // namespace hone::replay
