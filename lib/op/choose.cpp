#include "lib/op/choose.hpp"

#include "lib/base/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace hone {

const std::string& table_of(const Operation& operation) {
    const Schema& schema = operation.schema();
    return schema.table.empty() ? schema.operation : schema.table;
}

Choice choose(std::string_view word, std::span<const Operation* const> operations, bool by_name) {
    Choice choice;
    for (const Operation* operation : operations) {
        if (table_of(*operation) != word && !(by_name && operation->name() == word)) continue;
        choice.operations.push_back(operation);
        if (choice.selector_key.empty()) choice.selector_key = operation->schema().selector_key;
    }
    return choice;
}

std::variant<const Operation*, Complaint>
Choice::select(std::string_view word, const std::optional<Written>& selector) const {
    std::vector<std::string> values;
    for (const Operation* operation : operations) {
        values.push_back(operation->schema().selector_value);
    }
    if (!selector) {
        for (const Operation* operation : operations) {
            if (operation->name() == word || operations.size() == 1) return operation;
        }
        return Complaint{
            fmt::format("{} needs {}: {}", word, selector_key, fmt::join(values, " or ")), {}};
    }
    auto text = read_text(selector_key, *selector);
    if (auto* complaint = std::get_if<Complaint>(&text)) return std::move(*complaint);
    const auto& value = std::get<std::string>(text);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] == value) return operations[i];
    }
    return Complaint{fmt::format("{} must be {}, got {}", selector_key, fmt::join(values, " or "),
                                 in_quotes(value)),
                     base::nearest_hint(value, values)};
}

} // namespace hone
