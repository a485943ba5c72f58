#include "lib/op/field_text.hpp"

#include "hone/config.hpp"
#include "hone/error.hpp"
#include "lib/op/steps.hpp"

namespace hone {

namespace {

const std::string& choice_text(const Field& field, std::int64_t index) {
    if (index >= 0 && index < static_cast<std::int64_t>(field.choices.size())) {
        return field.choices[static_cast<std::size_t>(index)];
    }
    throw Error(Errc::internal, "field " + field.key + " has no choice " + std::to_string(index));
}

std::string steps_text(const Field& field, std::int64_t packed) {
    if (packed == 0) return "none";
    std::string text;
    for (auto rest = static_cast<std::uint64_t>(packed); rest != 0; rest >>= step_bits) {
        const auto step = static_cast<std::int64_t>(rest & ((1U << step_bits) - 1));
        if (!text.empty()) text += '+';
        text += choice_text(field, step - 1);
    }
    return text;
}

} // namespace

std::string field_text(const Field& field, const Problem& problem) {
    const auto slot = static_cast<std::size_t>(field.slot);
    switch (field.kind) {
    case Field::Kind::dim:
        return std::to_string(problem.dims.at(slot));
    case Field::Kind::dtype:
        return std::string(to_string(problem.dtypes.at(slot)));
    case Field::Kind::choice:
        return choice_text(field, problem.attributes.at(slot));
    case Field::Kind::flag:
        return problem.attributes.at(slot) != 0 ? "true" : "false";
    case Field::Kind::integer:
        return std::to_string(problem.attributes.at(slot));
    case Field::Kind::real:
        return to_string(Value(real_value(problem.attributes.at(slot))));
    case Field::Kind::steps:
        return steps_text(field, problem.attributes.at(slot));
    case Field::Kind::name: {
        const std::string_view text = problem.names.at(slot).view();
        return text.empty() ? "none" : std::string(text);
    }
    }
    throw Error(Errc::internal, "field " + field.key + " is of an unknown kind");
}

std::string default_text(const Schema& schema, const Field& field, const Problem& problem) {
    if (field.default_from.empty()) return field.default_text;
    if (const Field* source = schema.find(field.default_from)) return field_text(*source, problem);
    throw Error(Errc::internal, schema.operation + ": the default of " + field.key +
                                    " is taken from an unknown field " + field.default_from);
}

} // namespace hone
