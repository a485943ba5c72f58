// Which operation a table or the first word of a problem text stands for.
#pragma once

#include "hone/operation.hpp"
#include "lib/op/written.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hone {

// Operations that share a workload table, or one that is called by its own name.
struct Choice {
    std::vector<const Operation*> operations;
    std::string selector_key; // empty when there is nothing to select

    // Without a selector: the operation of the table's own name, or the only one.
    [[nodiscard]] std::variant<const Operation*, Complaint>
    select(std::string_view word, const std::optional<Written>& selector) const;
};

// Name of the table of an operation.
[[nodiscard]] const std::string& table_of(const Operation& operation);

// Operations whose table is `word`, and, in problem texts, whose name is. Empty when unknown.
[[nodiscard]] Choice choose(std::string_view word, std::span<const Operation* const> operations,
                            bool by_name);

} // namespace hone
