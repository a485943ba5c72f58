#include "lib/space/checks.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace hone::space {

ConstraintTable::ConstraintTable(std::span<const Parameter> parameters,
                                 std::span<Constraint> constraints) {
    Vocabulary vocabulary(parameters);
    for (const Parameter& parameter : parameters) {
        auto& numbers = numbers_.emplace_back();
        auto& arguments = arguments_.emplace_back();
        for (const Value& value : parameter.values) {
            numbers.push_back(vocabulary.number(value));
            const auto* integer = std::get_if<std::int64_t>(&value);
            arguments.push_back(integer ? *integer : static_cast<std::int64_t>(arguments.size()));
        }
    }

    for (Constraint& constraint : constraints) {
        Entry& entry = entries_.emplace_back();
        entry.constraint = &constraint;
        if (!constraint.check) {
            entry.expression = translate(constraint.text, vocabulary);
            entry.reads = entry.expression->parameters;
            constraint.parameters.clear();
            for (const std::size_t parameter : entry.reads)
                constraint.parameters.push_back(parameters[parameter].name);
            continue;
        }
        if (constraint.text.empty())
            constraint.text =
                fmt::format("a condition on {}", fmt::join(constraint.parameters, ", "));
        for (const std::string& name : constraint.parameters) {
            const auto found = vocabulary.names().find(name);
            if (found == vocabulary.names().end())
                throw Error(
                    Errc::workload,
                    fmt::format("constraint \"{}\": unknown parameter {}", constraint.text, name),
                    "a predicate names the parameters it reads");
            entry.reads.push_back(found->second);
        }
    }
}

Checks::Checks(const ConstraintTable& table) : table_(table) {
    std::size_t most = 0;
    for (const auto& entry : table.entries_) {
        auto& expression = expressions_.emplace_back();
        if (entry.expression) expression.emplace(*entry.expression);
        most = std::max(most, entry.reads.size());
    }
    arguments_.resize(most);
}

bool Checks::holds(std::size_t constraint, std::span<const std::uint32_t> digits) {
    const auto& entry = table_.entries_[constraint];
    if (auto& expression = expressions_[constraint]) {
        const auto variables = expression->variables();
        for (std::size_t i = 0; i < entry.reads.size(); ++i)
            variables[i] = table_.numbers_[entry.reads[i]][digits[entry.reads[i]]];
        return expression->holds();
    }
    const std::span<std::int64_t> arguments(arguments_.data(), entry.reads.size());
    for (std::size_t i = 0; i < entry.reads.size(); ++i)
        arguments[i] = table_.arguments_[entry.reads[i]][digits[entry.reads[i]]];
    return entry.constraint->check(arguments);
}

bool Checks::all_hold(std::span<const std::size_t> constraints,
                      std::span<const std::uint32_t> digits) {
    return std::all_of(constraints.begin(), constraints.end(),
                       [&](std::size_t constraint) { return holds(constraint, digits); });
}

ChecksPool::Lease::Lease(ChecksPool& pool) : pool_(pool) {
    {
        const std::lock_guard lock(pool_.mutex_);
        if (!pool_.idle_.empty()) {
            checks_ = std::move(pool_.idle_.back());
            pool_.idle_.pop_back();
        }
    }
    if (!checks_) checks_ = std::make_unique<Checks>(pool_.table_);
}

ChecksPool::Lease::~Lease() {
    const std::lock_guard lock(pool_.mutex_);
    pool_.idle_.push_back(std::move(checks_));
}

} // namespace hone::space
