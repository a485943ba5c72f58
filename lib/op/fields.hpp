// Short ways to write the fields of a schema.
#pragma once

#include "hone/problem.hpp"

#include <string>
#include <utility>
#include <vector>

namespace hone {

// Without a default.
[[nodiscard]] inline Field dim_field(std::string key, int slot, std::string doc) {
    Field field;
    field.key = std::move(key);
    field.kind = Field::Kind::dim;
    field.slot = slot;
    field.doc = std::move(doc);
    return field;
}

[[nodiscard]] inline Field dtype_field(std::string key, int slot, std::vector<std::string> allowed,
                                       std::string doc) {
    Field field = dim_field(std::move(key), slot, std::move(doc));
    field.kind = Field::Kind::dtype;
    field.choices = std::move(allowed);
    return field;
}

// The first choice is the default.
[[nodiscard]] inline Field choice_field(std::string key, int slot, std::vector<std::string> choices,
                                        std::string doc) {
    Field field = dim_field(std::move(key), slot, std::move(doc));
    field.kind = Field::Kind::choice;
    field.default_text = choices.front();
    field.choices = std::move(choices);
    return field;
}

// Off by default.
[[nodiscard]] inline Field flag_field(std::string key, int slot, std::string doc) {
    Field field = dim_field(std::move(key), slot, std::move(doc));
    field.kind = Field::Kind::flag;
    field.default_text = "false";
    return field;
}

// 0, the default, to `max`.
[[nodiscard]] inline Field count_field(std::string key, int slot, std::int64_t max,
                                       std::string doc) {
    Field field = dim_field(std::move(key), slot, std::move(doc));
    field.kind = Field::Kind::integer;
    field.default_text = "0";
    field.min = 0;
    field.max = max;
    return field;
}

[[nodiscard]] inline Field real_field(std::string key, int slot, std::string default_text,
                                      std::string doc) {
    Field field = dim_field(std::move(key), slot, std::move(doc));
    field.kind = Field::Kind::real;
    field.default_text = std::move(default_text);
    return field;
}

// No steps by default.
[[nodiscard]] inline Field steps_field(std::string key, int slot, std::vector<std::string> choices,
                                       std::string doc) {
    Field field = dim_field(std::move(key), slot, std::move(doc));
    field.kind = Field::Kind::steps;
    field.default_text = "none";
    field.choices = std::move(choices);
    return field;
}

// Empty, written "none", by default.
[[nodiscard]] inline Field name_field(std::string key, int slot, std::string doc) {
    Field field = dim_field(std::move(key), slot, std::move(doc));
    field.kind = Field::Kind::name;
    field.default_text = "none";
    return field;
}

[[nodiscard]] inline Field with_default(Field field, std::string text) {
    field.default_text = std::move(text);
    return field;
}

[[nodiscard]] inline Field default_from(Field field, std::string key) {
    field.default_from = std::move(key);
    return field;
}

} // namespace hone
