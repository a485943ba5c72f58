// A config is what a family needs to emit one candidate: canonical `name=value` pairs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace hone {

// One value of a parameter. Texts must not contain spaces, '=' or control characters.
using Value = std::variant<std::int64_t, double, std::string>;

// Integers in decimal, reals in the shortest form that reads back equal (always with '.', 'e' or
// "inf"/"nan" so that it stays a real), texts as they are.
[[nodiscard]] std::string to_string(const Value& value);
// The inverse of to_string.
[[nodiscard]] Value parse_value(std::string_view text);

class Config {
  public:
    Config() = default;
    Config(std::initializer_list<std::pair<const std::string, Value>> values) : values_(values) {}
    // Reads "BK=32 BM=128" in any order; throws Error(workload) on a malformed or repeated pair.
    [[nodiscard]] static Config parse(std::string_view text);

    void set(std::string name, Value value) { values_[std::move(name)] = std::move(value); }
    [[nodiscard]] bool contains(std::string_view name) const { return values_.contains(name); }
    // Throw Error(internal) when the name is absent or of another type: a family asks only for the
    // parameters of its own space.
    [[nodiscard]] std::int64_t integer(std::string_view name) const;
    [[nodiscard]] const std::string& text(std::string_view name) const;
    [[nodiscard]] const Value& at(std::string_view name) const;

    // Pairs sorted by name, one space between; the identity of the config inside its family.
    [[nodiscard]] std::string canonical_text() const;
    [[nodiscard]] const std::map<std::string, Value, std::less<>>& values() const {
        return values_;
    }

    friend bool operator==(const Config&, const Config&) = default;

  private:
    std::map<std::string, Value, std::less<>> values_;
};

} // namespace hone
