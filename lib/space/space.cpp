#include "hone/space.hpp"

#include "hone/error.hpp"
#include "lib/space/checks.hpp"
#include "lib/space/group.hpp"
#include "lib/space/radix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace hone {

namespace {

using space::Checks;
using space::ChecksPool;
using space::Group;

// A config must read back from its own text, so a name or value that does not is refused.
void check_parameter(const Parameter& parameter) {
    if (parameter.values.empty())
        throw Error(Errc::workload, fmt::format("parameter {} has no values", parameter.name));
    std::set<std::string> texts;
    for (const Value& value : parameter.values) {
        const std::string text = to_string(value);
        if (!texts.insert(text).second)
            throw Error(Errc::workload,
                        fmt::format("parameter {} has the value {} twice", parameter.name, text));
        const Config config = {{parameter.name, value}};
        bool reads_back = false;
        try {
            reads_back = Config::parse(config.canonical_text()) == config;
        } catch (const Error&) {
            // said below, for both ways to fail
        }
        if (!reads_back)
            throw Error(Errc::workload,
                        fmt::format("parameter \"{}\": its value \"{}\" cannot stand in a config",
                                    parameter.name, text),
                        "names and values have no spaces, '=' or control characters; a text is no "
                        "number");
    }
}

void check_parameters(std::span<const Parameter> parameters) {
    std::set<std::string_view> names;
    for (const Parameter& parameter : parameters) {
        check_parameter(parameter);
        if (!names.insert(parameter.name).second)
            throw Error(Errc::workload, fmt::format("two parameters are named {}", parameter.name));
    }
}

std::vector<Parameter> checked(std::vector<Parameter> parameters) {
    check_parameters(parameters);
    return parameters;
}

} // namespace

struct SearchSpace::Impl {
    Impl(std::vector<Parameter> given_parameters, std::vector<Constraint> given_constraints,
         Limits limits)
        : parameters(checked(std::move(given_parameters))),
          constraints(std::move(given_constraints)), radix(parameters),
          table(parameters, constraints), pool(table) {
        const ChecksPool::Lease checks(pool);
        std::vector<std::uint32_t> digits(parameters.size());
        for (std::size_t c = 0; c < table.size(); ++c)
            if (table.reads(c).empty() && !checks->holds(c, digits)) contradiction = true;

        for (auto& plan : space::assignment_orders(table, single_parameter_digits(*checks)))
            groups.emplace_back(radix, std::move(plan), *checks, limits.listed_nodes);

        group_of.resize(parameters.size());
        for (std::size_t g = 0; g < groups.size(); ++g)
            for (const std::size_t parameter : groups[g].parameters()) group_of[parameter] = g;
        const auto is_listed = [](const Group& group) { return group.listed(); };
        all_listed = std::all_of(groups.begin(), groups.end(), is_listed);
        no_point = contradiction || std::any_of(groups.begin(), groups.end(),
                                                [](const Group& group) { return group.empty(); });
        if (no_point) {
            legal_count = 0;
        } else if (all_listed) {
            legal_count = 1;
            for (const Group& group : groups) *legal_count *= group.shares().size();
        }
    }

    // What the constraints on one parameter alone leave of its values.
    std::vector<std::vector<std::uint32_t>> single_parameter_digits(Checks& checks) const {
        std::vector<std::vector<std::size_t>> alone(parameters.size());
        for (std::size_t c = 0; c < table.size(); ++c)
            if (table.reads(c).size() == 1) alone[table.reads(c)[0]].push_back(c);
        std::vector<std::vector<std::uint32_t>> left(parameters.size());
        std::vector<std::uint32_t> digits(parameters.size());
        for (std::size_t p = 0; p < parameters.size(); ++p) {
            for (digits[p] = 0; digits[p] < radix.size(p); ++digits[p])
                if (checks.all_hold(alone[p], digits)) left[p].push_back(digits[p]);
            digits[p] = 0;
        }
        return left;
    }

    void require_raw(ConfigIndex index) const {
        if (index.value < radix.count()) return;
        throw Error(Errc::internal, fmt::format("config index {} of a space of {} points",
                                                index.value, radix.count()));
    }

    // Points that differ in one parameter, in increasing order. `nearest`: see adjacent().
    std::vector<ConfigIndex> around(ConfigIndex index, bool nearest) const;

    std::vector<Parameter> parameters;
    std::vector<Constraint> constraints;
    space::Radix radix;
    space::ConstraintTable table;
    mutable ChecksPool pool;
    std::vector<Group> groups;
    std::vector<std::size_t> group_of; // [parameter]
    bool contradiction = false;        // a constraint without parameters does not hold
    bool all_listed = true;
    bool no_point = false;
    std::optional<std::uint64_t> legal_count;
};

namespace {

// Compiled constraints where some group needs them; nothing to lease where all is listed.
class MaybeChecks final {
  public:
    MaybeChecks(ChecksPool& pool, bool needed) {
        if (needed) lease_.emplace(pool);
    }
    [[nodiscard]] Checks* get() const { return lease_ ? &**lease_ : nullptr; }

  private:
    std::optional<ChecksPool::Lease> lease_;
};

} // namespace

std::vector<ConfigIndex> SearchSpace::Impl::around(ConfigIndex index, bool nearest) const {
    require_raw(index);
    if (no_point) return {};
    std::vector<std::uint32_t> digits(parameters.size());
    radix.digits(index.value, digits);
    const MaybeChecks checks(pool, !all_listed);

    // A change in one group cannot mend another.
    std::vector<std::uint64_t> shares;
    std::vector<std::size_t> broken;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        shares.push_back(groups[g].share(radix, digits));
        if (!groups[g].legal(shares[g], digits, checks.get())) broken.push_back(g);
    }
    if (broken.size() > 1) return {};

    std::vector<ConfigIndex> found;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
        const std::size_t g = group_of[p];
        if (!broken.empty() && broken[0] != g) continue;
        const std::uint32_t digit = digits[p];
        const std::uint64_t stride = radix.stride(p);
        const auto legal_at = [&](std::uint32_t other) {
            digits[p] = other;
            const std::uint64_t share = shares[g] - digit * stride + other * stride;
            const bool legal = groups[g].legal(share, digits, checks.get());
            digits[p] = digit;
            if (legal) found.push_back({index.value - digit * stride + other * stride});
            return legal;
        };
        const bool first_only = nearest && parameters[p].ordinal;
        for (std::uint32_t other = digit; other-- > 0;)
            if (legal_at(other) && first_only) break;
        for (std::uint32_t other = digit + 1; other < radix.size(p); ++other)
            if (legal_at(other) && first_only) break;
    }
    std::sort(found.begin(), found.end());
    return found;
}

SearchSpace::SearchSpace(std::vector<Parameter> parameters, std::vector<Constraint> constraints)
    : SearchSpace(std::move(parameters), std::move(constraints), Limits{}) {}

SearchSpace::SearchSpace(std::vector<Parameter> parameters, std::vector<Constraint> constraints,
                         Limits limits)
    : impl_(std::make_shared<const Impl>(std::move(parameters), std::move(constraints), limits)) {}

std::span<const Parameter> SearchSpace::parameters() const noexcept { return impl_->parameters; }

std::span<const Constraint> SearchSpace::constraints() const noexcept { return impl_->constraints; }

std::uint64_t SearchSpace::raw_count() const noexcept { return impl_->radix.count(); }

std::optional<std::uint64_t> SearchSpace::legal_count() const noexcept {
    return impl_->legal_count;
}

bool SearchSpace::empty() const noexcept { return impl_->no_point; }

bool SearchSpace::legal(ConfigIndex index) const {
    const Impl& impl = *impl_;
    if (impl.no_point || index.value >= impl.radix.count()) return false;
    std::vector<std::uint32_t> digits(impl.parameters.size());
    impl.radix.digits(index.value, digits);
    const MaybeChecks checks(impl.pool, !impl.all_listed);
    return std::all_of(impl.groups.begin(), impl.groups.end(), [&](const Group& group) {
        return group.legal(group.share(impl.radix, digits), digits, checks.get());
    });
}

std::optional<ConfigIndex> SearchSpace::sample(std::mt19937_64& random) const {
    const Impl& impl = *impl_;
    if (impl.no_point) return std::nullopt;
    const MaybeChecks checks(impl.pool, !impl.all_listed);
    ConfigIndex index;
    for (const Group& group : impl.groups) {
        const auto share = group.sample(impl.radix, random, checks.get());
        if (!share) return std::nullopt;
        index.value += *share;
    }
    return index;
}

ConfigIndex SearchSpace::nth(std::uint64_t rank) const {
    const Impl& impl = *impl_;
    if (!impl.legal_count || rank >= *impl.legal_count)
        throw Error(Errc::internal,
                    fmt::format("rank {} in a space of {} legal points", rank,
                                impl.legal_count ? std::to_string(*impl.legal_count) : "unknown"));
    // Digit by digit. Of each group the shares that agree with the digits so far are a range; all
    // ranges but that of the digit's group stay, so each share of that one stands for `others`
    // points, in order.
    struct Range {
        std::span<const std::uint64_t> shares;
        std::uint64_t prefix = 0; // what the digits so far contribute
    };
    std::vector<Range> ranges;
    for (const Group& group : impl.groups) ranges.push_back({group.shares()});
    std::uint64_t left = *impl.legal_count;
    ConfigIndex index;
    for (std::size_t p = 0; p < impl.parameters.size(); ++p) {
        Range& range = ranges[impl.group_of[p]];
        const std::uint64_t others = left / range.shares.size();
        const std::uint32_t digit = impl.radix.digit(range.shares[rank / others], p);
        const std::uint64_t from = range.prefix + digit * impl.radix.stride(p);
        const auto begin = std::lower_bound(range.shares.begin(), range.shares.end(), from);
        const auto end = std::lower_bound(begin, range.shares.end(), from + impl.radix.stride(p));
        rank -= static_cast<std::uint64_t>(begin - range.shares.begin()) * others;
        range = {{begin, end}, from};
        left = others * range.shares.size();
        index.value = index.value + digit * impl.radix.stride(p);
    }
    return index;
}

std::vector<ConfigIndex> SearchSpace::neighbours(ConfigIndex index) const {
    return impl_->around(index, /*nearest=*/false);
}

std::vector<ConfigIndex> SearchSpace::adjacent(ConfigIndex index) const {
    return impl_->around(index, /*nearest=*/true);
}

Config SearchSpace::config(ConfigIndex index) const {
    impl_->require_raw(index);
    Config config;
    for (std::size_t p = 0; p < impl_->parameters.size(); ++p) {
        const Parameter& parameter = impl_->parameters[p];
        config.set(parameter.name, parameter.values[impl_->radix.digit(index.value, p)]);
    }
    return config;
}

std::optional<ConfigIndex> SearchSpace::find(const Config& config) const {
    if (config.values().size() != impl_->parameters.size()) return std::nullopt;
    ConfigIndex index;
    for (std::size_t p = 0; p < impl_->parameters.size(); ++p) {
        const Parameter& parameter = impl_->parameters[p];
        const auto given = config.values().find(parameter.name);
        if (given == config.values().end()) return std::nullopt;
        const auto value =
            std::find(parameter.values.begin(), parameter.values.end(), given->second);
        if (value == parameter.values.end()) return std::nullopt;
        index.value +=
            static_cast<std::uint64_t>(value - parameter.values.begin()) * impl_->radix.stride(p);
    }
    return index;
}

void SearchSpace::digits(ConfigIndex index, std::span<std::uint32_t> out) const {
    impl_->require_raw(index);
    if (out.size() != impl_->parameters.size())
        throw Error(Errc::internal, fmt::format("{} digits of a space of {} parameters", out.size(),
                                                impl_->parameters.size()));
    impl_->radix.digits(index.value, out);
}

ConfigIndex SearchSpace::index(std::span<const std::uint32_t> digits) const {
    if (digits.size() != impl_->parameters.size())
        throw Error(Errc::internal, fmt::format("{} digits of a space of {} parameters",
                                                digits.size(), impl_->parameters.size()));
    for (std::size_t p = 0; p < digits.size(); ++p)
        if (digits[p] >= impl_->radix.size(p))
            throw Error(Errc::internal,
                        fmt::format("digit {} of parameter {}, which has {} values", digits[p],
                                    impl_->parameters[p].name, impl_->radix.size(p)));
    return {impl_->radix.index(digits)};
}

std::string SearchSpace::broken_constraint(ConfigIndex index) const {
    impl_->require_raw(index);
    std::vector<std::uint32_t> digits(impl_->parameters.size());
    impl_->radix.digits(index.value, digits);
    const ChecksPool::Lease checks(impl_->pool);
    for (std::size_t c = 0; c < impl_->table.size(); ++c)
        if (!checks->holds(c, digits)) return impl_->constraints[c].text;
    return {};
}

} // namespace hone
