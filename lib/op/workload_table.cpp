#include "lib/op/workload_table.hpp"

#include "lib/op/item.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hone {

namespace {

struct Value {
    Written written;
    std::string where;
};

// A key with the values it takes in turn; one that stands alone has one.
struct Axis {
    std::string key;
    std::vector<Value> values;
};

Axis read_axis(const std::string& file_name, const TomlEntry& entry) {
    const auto value_of = [&](const toml::node& node) {
        return Value{written(node), at(file_name, node.source().begin)};
    };
    const toml::array* list = entry.value->as_array();
    if (list == nullptr) return {entry.key, {value_of(*entry.value)}};

    const std::string where = at(file_name, list->source().begin);
    if (!may_be_list(entry.key)) fail(where, {entry.key + " takes one value, not a list", {}});
    if (list->empty()) {
        fail(where, {entry.key + " is an empty list",
                     fmt::format("a list makes one problem per value: {} = [1, 8]", entry.key)});
    }
    Axis axis{entry.key, {}};
    for (const toml::node& node : *list) axis.values.push_back(value_of(node));
    return axis;
}

void set(Item& item, const Axis& axis, std::size_t index) {
    const Value& value = axis.values[index];
    if (const auto complaint = item.set(axis.key, value.written)) fail(value.where, *complaint);
}

const Operation& select(const std::string& file_name, const std::string& name,
                        const toml::table& table, const Choice& choice) {
    const toml::node* node = choice.selector_key.empty() ? nullptr : table.get(choice.selector_key);
    const auto selected =
        choice.select(name, node != nullptr ? std::optional(written(*node)) : std::nullopt);
    if (const auto* complaint = std::get_if<Complaint>(&selected)) {
        fail(at(file_name, (node != nullptr ? *node : table).source().begin), *complaint);
    }
    return *std::get<const Operation*>(selected);
}

std::vector<Axis> read_axes(const std::string& file_name, const toml::table& table,
                            const Choice& choice, const Item& item) {
    std::vector<Axis> axes;
    for (const TomlEntry& entry : entries(table)) {
        if (!choice.selector_key.empty() && entry.key == choice.selector_key) continue;
        if (const auto complaint = item.unknown(entry.key)) {
            fail(at(file_name, entry.key_position), *complaint);
        }
        axes.push_back(read_axis(file_name, entry));
    }
    return axes;
}

std::size_t count(const std::string& where, const std::vector<Axis>& axes) {
    std::size_t product = 1;
    for (const Axis& axis : axes) {
        product *= axis.values.size();
        if (product <= max_problems_per_table) continue;
        fail(where, {fmt::format("the lists of one table make more than {} problems",
                                 max_problems_per_table),
                     "shorten a list, or split the table"});
    }
    return product;
}

} // namespace

void expand(const std::string& file_name, const std::string& name, const toml::table& table,
            const Choice& choice, std::vector<WorkloadItem>& items) {
    const std::string where = at(file_name, table.source().begin);
    const Item empty(select(file_name, name, table, choice));
    std::vector<Axis> axes = read_axes(file_name, table, choice, empty);
    const std::size_t problems = count(where, axes);

    const auto lists = std::stable_partition(
        axes.begin(), axes.end(), [](const Axis& axis) { return axis.values.size() == 1; });
    Item common = empty;
    for (auto axis = axes.begin(); axis != lists; ++axis) set(common, *axis, 0);

    for (std::size_t i = 0; i < problems; ++i) {
        Item item = common;
        // The digits of i, the last list's lowest.
        std::size_t stride = problems;
        for (auto axis = lists; axis != axes.end(); ++axis) {
            stride /= axis->values.size();
            set(item, *axis, i / stride % axis->values.size());
        }
        if (const auto complaint = item.finish()) fail(where, *complaint);
        items.push_back(item.item());
        items.back().where = where;
    }
}

} // namespace hone
