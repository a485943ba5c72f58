#include "lib/op/item.hpp"

#include "hone/error.hpp"
#include "lib/base/nearest.hpp"
#include "lib/op/field_parse.hpp"
#include "lib/op/field_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace hone {

namespace {

constexpr std::array<const char*, 5> item_keys = {"name", "weight", "max_error", "numeric_class",
                                                  "workspace_limit"};

// What could be written for a field that must be given.
std::string example_of(const Field& field) {
    switch (field.kind) {
    case Field::Kind::dim:
        return "such as " + field.key + "=4096";
    case Field::Kind::dtype:
        return "such as " + field.key + "=f32";
    default:
        return {};
    }
}

std::optional<Complaint> read_numeric_class(const std::string& text, Contract& contract) {
    constexpr std::string_view same_as = "same_as:";
    const std::vector<std::string> classes = {"any", "deterministic", "batch_invariant"};
    const auto found = std::find(classes.begin(), classes.end(), text);
    if (found != classes.end()) {
        contract.numeric_class = static_cast<NumericClass>(found - classes.begin());
        return std::nullopt;
    }
    if (text.starts_with(same_as)) {
        const auto program = parse_digest(std::string_view(text).substr(same_as.size()));
        if (!program) {
            return Complaint{"numeric_class same_as: needs the 64 hexadecimal digits of a program",
                             "`hone show` prints them"};
        }
        contract.numeric_class = NumericClass::same_as;
        contract.same_as = *program;
        return std::nullopt;
    }
    return Complaint{fmt::format("numeric_class must be any, deterministic, batch_invariant or "
                                 "same_as:DIGEST, got {}",
                                 in_quotes(text)),
                     base::nearest_hint(text, classes)};
}

} // namespace

bool may_be_list(std::string_view key) { return key != "name" && key != "weight"; }

Item::Item(const Operation& operation) : schema_(&operation.schema()) {
    item_.operation = &operation;
    item_.problem.operation = Name(schema_->operation);
}

std::vector<std::string> Item::keys() const {
    std::vector<std::string> keys;
    for (const Field& field : schema_->fields) keys.push_back(field.key);
    if (!schema_->selector_key.empty()) keys.push_back(schema_->selector_key);
    keys.insert(keys.end(), item_keys.begin(), item_keys.end());
    return keys;
}

std::optional<Complaint> Item::set(const std::string& key, const Written& value) {
    if (std::find(given_.begin(), given_.end(), key) != given_.end()) {
        return Complaint{key + " is given twice", {}};
    }
    given_.push_back(key);
    if (auto complaint = unknown(key)) return complaint;
    if (const Field* field = schema_->find(key)) return parse_field(*field, value, item_.problem);
    return set_contract(key, value);
}

std::optional<Complaint> Item::unknown(const std::string& key) const {
    if (schema_->find(key) != nullptr) return std::nullopt;
    if (std::find(item_keys.begin(), item_keys.end(), key) != item_keys.end()) return std::nullopt;
    if (key == schema_->selector_key) return Complaint{key + " is given twice", {}};
    return Complaint{fmt::format("{} has no key {}", schema_->operation, in_quotes(key)),
                     base::nearest_hint(key, keys())};
}

std::optional<Complaint> Item::set_contract(const std::string& key, const Written& value) {
    if (key == "workspace_limit") {
        auto limit = read_integer(key, value, 0, std::numeric_limits<std::int64_t>::max());
        if (auto* complaint = std::get_if<Complaint>(&limit)) return std::move(*complaint);
        item_.contract.workspace_limit = std::get<std::int64_t>(limit);
        return std::nullopt;
    }
    if (key == "weight" || key == "max_error") {
        auto number = read_real(key, value);
        if (auto* complaint = std::get_if<Complaint>(&number)) return std::move(*complaint);
        const double real = std::get<double>(number);
        if (real < 0 || (real == 0 && key == "weight")) {
            return Complaint{fmt::format("{} must be {}, got {}", key,
                                         key == "weight" ? "positive" : "0 or more", value.text),
                             {}};
        }
        (key == "weight" ? item_.weight : item_.contract.max_error) = real;
        return std::nullopt;
    }
    auto text = read_text(key, value);
    if (auto* complaint = std::get_if<Complaint>(&text)) return std::move(*complaint);
    if (key == "numeric_class") {
        return read_numeric_class(std::get<std::string>(text), item_.contract);
    }
    item_.name = std::get<std::string>(std::move(text));
    return std::nullopt;
}

std::optional<Complaint> Item::fill_in(const Field& field) {
    const std::string text = default_text(*schema_, field, item_.problem);
    if (text.empty()) {
        const std::string why = field.doc.empty() ? "" : " (" + field.doc + ")";
        return Complaint{fmt::format("{} needs {}{}", schema_->operation, field.key, why),
                         example_of(field)};
    }
    auto complaint = parse_field(field, {Written::Type::bare, text}, item_.problem);
    if (complaint && !field.default_from.empty()) {
        complaint->what += fmt::format(" (the value of {})", field.default_from);
    }
    return complaint;
}

std::optional<Complaint> Item::finish() {
    for (const Field& field : schema_->fields) {
        if (std::find(given_.begin(), given_.end(), field.key) != given_.end()) continue;
        if (auto complaint = fill_in(field)) return complaint;
    }
    try {
        item_.operation->validate(item_.problem);
    } catch (const Error& error) {
        if (error.code() != Errc::workload) throw;
        return Complaint{error.what(), error.hint()};
    }
    return std::nullopt;
}

} // namespace hone
