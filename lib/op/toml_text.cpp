#include "lib/op/toml_text.hpp"

#include "hone/config.hpp"
#include "hone/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hone {

namespace {

void append(const toml::table& table, const std::string& prefix, std::vector<TomlEntry>& out) {
    for (const auto& [key, node] : table) {
        const std::string name = prefix + std::string(key.str());
        const toml::table* inner = node.as_table();
        if (inner != nullptr && !inner->empty()) {
            append(*inner, name + ".", out);
        } else {
            out.push_back({name, key.source().begin, &node});
        }
    }
}

} // namespace

std::string at(const std::string& file_name, const toml::source_position& position) {
    return fmt::format("{}:{}:{}", file_name, position.line, position.column);
}

void fail(const std::string& where, const Complaint& complaint) {
    throw Error(Errc::workload, where + ": " + complaint.what, complaint.hint);
}

Written written(const toml::node& node) {
    using Type = Written::Type;
    switch (node.type()) {
    case toml::node_type::string:
        return {Type::string, node.as_string()->get()};
    case toml::node_type::integer:
        return {Type::integer, fmt::format("{}", node.as_integer()->get())};
    case toml::node_type::floating_point:
        return {Type::real, to_string(Value(node.as_floating_point()->get()))};
    case toml::node_type::boolean:
        return {Type::boolean, node.as_boolean()->get() ? "true" : "false"};
    case toml::node_type::table:
        return {Type::other, "a table"};
    case toml::node_type::array:
        return {Type::other, "a list"};
    default:
        return {Type::other, "a date or time"};
    }
}

std::vector<TomlEntry> entries(const toml::table& table) {
    std::vector<TomlEntry> result;
    append(table, "", result);
    std::stable_sort(result.begin(), result.end(), [](const TomlEntry& a, const TomlEntry& b) {
        return a.key_position < b.key_position;
    });
    return result;
}

} // namespace hone
