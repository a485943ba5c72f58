#include "lib/op/field_parse.hpp"

#include "hone/error.hpp"
#include "lib/base/nearest.hpp"
#include "lib/op/steps.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

namespace hone {

namespace {

template <typename Value> using Parsed = std::variant<Value, Complaint>;

// Stores a value that was read; hands on a complaint.
template <typename Value, typename Slot>
std::optional<Complaint> store(Parsed<Value> parsed, Slot& slot) {
    if (auto* complaint = std::get_if<Complaint>(&parsed)) return std::move(*complaint);
    slot = std::get<Value>(parsed);
    return std::nullopt;
}

Complaint no_choice(const Field& field, const std::string& text,
                    const std::vector<std::string>& choices) {
    return {fmt::format("{} must be {}{}, got {}", field.key, choices.size() > 1 ? "one of " : "",
                        fmt::join(choices, ", "), in_quotes(text)),
            base::nearest_hint(text, choices)};
}

Parsed<std::int64_t> read_choice(const Field& field, const Written& value) {
    Parsed<std::string> text = read_text(field.key, value);
    if (auto* complaint = std::get_if<Complaint>(&text)) return std::move(*complaint);
    const auto& name = std::get<std::string>(text);
    const auto found = std::find(field.choices.begin(), field.choices.end(), name);
    if (found == field.choices.end()) return no_choice(field, name, field.choices);
    return found - field.choices.begin();
}

Parsed<DType> read_dtype(const Field& field, const Written& value) {
    Parsed<std::string> text = read_text(field.key, value);
    if (auto* complaint = std::get_if<Complaint>(&text)) return std::move(*complaint);
    const auto& name = std::get<std::string>(text);
    const auto dtype = parse_dtype(name);
    const bool allowed =
        field.choices.empty() ||
        std::find(field.choices.begin(), field.choices.end(), name) != field.choices.end();
    if (dtype && allowed) return *dtype;
    if (!field.choices.empty()) return no_choice(field, name, field.choices);
    std::vector<std::string> all;
    for (int i = 0; i < dtype_count; ++i) all.emplace_back(to_string(static_cast<DType>(i)));
    return no_choice(field, name, all);
}

Parsed<std::int64_t> read_flag(const Field& field, const Written& value) {
    const bool right_type =
        value.type == Written::Type::bare || value.type == Written::Type::boolean;
    if (right_type && value.text == "true") return 1;
    if (right_type && value.text == "false") return 0;
    return Complaint{fmt::format("{} must be true or false, got {}", field.key, value.shown()), {}};
}

Parsed<std::int64_t> read_steps(const Field& field, const Written& value) {
    Parsed<std::string> text = read_text(field.key, value);
    if (auto* complaint = std::get_if<Complaint>(&text)) return std::move(*complaint);
    std::string_view rest = std::get<std::string>(text);
    if (rest == "none") return 0;
    std::uint64_t packed = 0;
    for (int count = 0;; ++count) {
        const std::size_t plus = rest.find('+');
        const std::string name(rest.substr(0, plus));
        const auto found = std::find(field.choices.begin(), field.choices.end(), name);
        if (found == field.choices.end()) {
            return Complaint{fmt::format("{} has no step {}", field.key, in_quotes(name)),
                             base::nearest_hint(name, field.choices)};
        }
        if (count == max_steps) {
            return Complaint{fmt::format("{} has more than {} steps", field.key, max_steps), {}};
        }
        const auto step = static_cast<std::uint64_t>(found - field.choices.begin()) + 1;
        packed |= step << (count * step_bits);
        if (plus == std::string_view::npos) return static_cast<std::int64_t>(packed);
        rest.remove_prefix(plus + 1);
    }
}

Parsed<Name> read_name(const Field& field, const Written& value) {
    Parsed<std::string> text = read_text(field.key, value);
    if (auto* complaint = std::get_if<Complaint>(&text)) return std::move(*complaint);
    const auto& name = std::get<std::string>(text);
    if (name.empty()) return Complaint{field.key + " is empty", "write none to leave it out"};
    if (name == "none") return Name();
    try {
        return Name(name);
    } catch (const Error& error) {
        return Complaint{fmt::format("{}: {}", field.key, error.what()), error.hint()};
    }
}

Parsed<std::int64_t> read_real_bits(const Field& field, const Written& value) {
    Parsed<double> number = read_real(field.key, value);
    if (auto* complaint = std::get_if<Complaint>(&number)) return std::move(*complaint);
    return real_bits(std::get<double>(number));
}

} // namespace

std::optional<Complaint> parse_field(const Field& field, const Written& value, Problem& problem) {
    const auto slot = static_cast<std::size_t>(field.slot);
    switch (field.kind) {
    case Field::Kind::dim:
        return store(read_integer(field.key, value, field.min, field.max), problem.dims.at(slot));
    case Field::Kind::dtype:
        return store(read_dtype(field, value), problem.dtypes.at(slot));
    case Field::Kind::choice:
        return store(read_choice(field, value), problem.attributes.at(slot));
    case Field::Kind::flag:
        return store(read_flag(field, value), problem.attributes.at(slot));
    case Field::Kind::integer:
        return store(read_integer(field.key, value, field.min, field.max),
                     problem.attributes.at(slot));
    case Field::Kind::real:
        return store(read_real_bits(field, value), problem.attributes.at(slot));
    case Field::Kind::steps:
        return store(read_steps(field, value), problem.attributes.at(slot));
    case Field::Kind::name:
        return store(read_name(field, value), problem.names.at(slot));
    }
    throw Error(Errc::internal, "field " + field.key + " is of an unknown kind");
}

} // namespace hone
