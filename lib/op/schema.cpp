#include "hone/error.hpp"
#include "hone/problem.hpp"
#include "lib/op/field_text.hpp"

#include <algorithm>

namespace hone {

const Field* Schema::find(std::string_view key) const noexcept {
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const Field& field) { return field.key == key; });
    return found == fields.end() ? nullptr : &*found;
}

int Schema::slot(std::string_view key) const {
    if (const Field* field = find(key)) return field->slot;
    throw Error(Errc::internal, operation + " has no field " + std::string(key));
}

std::string canonical_text(const Schema& schema, const Problem& problem) {
    if (problem.operation.view() != schema.operation) {
        throw Error(Errc::internal, "a problem of " + std::string(problem.operation.view()) +
                                        " was taken for one of " + schema.operation);
    }
    std::string text = schema.operation;
    for (const Field& field : schema.fields) {
        text += ' ' + field.key + '=' + field_text(field, problem);
    }
    return text;
}

std::string short_text(const Schema& schema, const Problem& problem) {
    std::string text = schema.operation;
    for (const Field& field : schema.fields) {
        const std::string value = field_text(field, problem);
        if (value != default_text(schema, field, problem)) text += ' ' + field.key + '=' + value;
    }
    return text;
}

} // namespace hone
